#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "spvae/core/error.h"
#include "spvae/experiment/experiment.h"
#include "spvae/experiment/trial_run.h"

namespace spvae::cli {

/// Which results a call is about.
struct ReproduceTarget {
  std::string what;           ///< "table1", "figure2": an experiment and its results
  std::filesystem::path out;  ///< tables and pictures, drawn from
  TrialFolders folders;       ///< the trials' results
};

/// Says on stderr which trials are not `chosen` and have a result that is stale or damaged: they
/// are missing in what is drawn.
void warn_of_spoilt_results(const Experiment& chosen, const ReproduceTarget& target);

/// Runs what is left of `chosen`, cheapest first, and draws the results anew after each; says so on
/// stderr. Returns the error of the first trial that had to be left out: its data set is not there,
/// another process is at its run, its training diverged, its result is stale or damaged. Throws
/// what would stop the others too.
std::optional<Error> run_trials(const Experiment& chosen, const ReproduceTarget& target,
                                const TrialPlace& place);

/// The words that make these results again.
std::string reproduce_command(const std::string& what, const std::string& cell, int seeds);

/// Writes a file, but leaves one alone that holds just this: results may be looked at where nothing
/// can be written.
void write_if_changed(const std::filesystem::path& path, const std::string& content);

/// Draws the tables and figures anew from all that is finished, whatever cells the call was asked
/// for. Errors as outcomes and write_file_atomically.
void write_results(const ReproduceTarget& target);

}  // namespace spvae::cli
