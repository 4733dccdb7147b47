#pragma once

#include <optional>

#include "reproduce_results.h"
#include "spvae/core/error.h"
#include "spvae/experiment/experiment.h"

namespace spvae::cli {

/// Says on stderr which trials are not `chosen` and have a result that is stale or damaged: they
/// are missing in what is drawn.
void warn_of_spoilt_results(const Experiment& chosen, const ReproduceTarget& target);

/// Runs what is left of `chosen`, cheapest first, and draws the results anew after each; says so on
/// stderr. Returns the error of the first trial that had to be left out: its data set is not there,
/// another process is at its run, its training diverged, its result is stale or damaged. Throws
/// what would stop the others too.
std::optional<Error> run_trials(const Experiment& chosen, const ReproduceTarget& target,
                                const TrialPlace& place);

}  // namespace spvae::cli
