#pragma once

#include <vector>

#include "spvae/experiment/results.h"
#include "spvae/plot/figure.h"

namespace spvae {

/// TP19 Fig. 2: test bound over the number of training images, ascending; a chart for each data set
/// and likelihood, a series for each model. VAEs come first, so that beside one VAE's solid line
/// its SPVAE's is dashed, as in the paper. A point is the mean over its trial's seeds, its bar the
/// mean of their standard errors over the test images; the titles say so.
Figure low_data_figure(const std::vector<Outcome>& outcomes);

}  // namespace spvae
