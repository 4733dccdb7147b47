#pragma once

#include <string>

#include "progress.h"
#include "spvae/query/log_likelihood.h"

namespace spvae::cli {

/// Shows scoring on `display`, "LABEL: 12 of 100 images, 7 s left", and stops it when the user asks
/// to (interrupted()). The display must outlive it.
EvaluationObserver scoring_progress(ProgressDisplay& display, const std::string& label);

}  // namespace spvae::cli
