#pragma once

#include <filesystem>
#include <string>

#include "spvae/experiment/trial_run.h"

namespace spvae::cli {

/// Which results a call is about.
struct ReproduceTarget {
  std::string what;           ///< "table1", "figure2": an experiment and its results
  std::filesystem::path out;  ///< tables and pictures, drawn from
  TrialFolders folders;       ///< the trials' results
};

/// The words that make these results again.
std::string reproduce_command(const std::string& what, const std::string& cell, int seeds);

/// Writes a file, but leaves one alone that holds just this: results may be looked at where nothing
/// can be written.
void write_if_changed(const std::filesystem::path& path, const std::string& content);

/// Draws the tables and figures anew from all that is finished, whatever cells the call was asked
/// for. Errors as outcomes and write_file_atomically.
void write_results(const ReproduceTarget& target);

}  // namespace spvae::cli
