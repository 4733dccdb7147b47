#pragma once

#include <string>

#include "spvae/experiment/experiment.h"
#include "spvae/experiment/trial_run.h"

namespace spvae::cli {

/// What `reproduce --status --json` prints: "trials", each with "cell", "seed", "state" and
/// "minutes_left", these at the pace of the finished ones; "done", "left", "minutes_left",
/// "version".
Json status_json(const Experiment& experiment, const TrialFolders& folders);

/// The same as text, a line for each trial.
std::string readable_status(const Json& status);

}  // namespace spvae::cli
