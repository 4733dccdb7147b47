#pragma once

#include <vector>

#include "spvae/experiment/results.h"
#include "spvae/plot/figure.h"

namespace spvae {

/// TP19 Fig. 2: test bound over the number of training images, a chart for each likelihood, a
/// series for each model; bars are standard errors over the test images.
Figure low_data_figure(const std::vector<Outcome>& outcomes);

}  // namespace spvae
