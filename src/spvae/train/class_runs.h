#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"

namespace spvae {

/// The run of one class.
struct ClassRun {
  std::string name;    ///< of the class
  std::string folder;  ///< class_folder(name)
  int training_images = 0;
  int validation_images = 0;

  friend bool operator==(const ClassRun&, const ClassRun&) = default;
};

/// The content of classes.json, which stands in a folder beside the runs of a data set's classes:
/// one generative model for each class, all trained alike.
struct ClassRuns {
  std::vector<ClassRun> classes;  ///< in the order of Labels::names
  std::string data;               ///< DataSet::name
  std::string data_digest;        ///< DataSet::digest, of all classes
  Json config;                    ///< run_config_json, without a class
};

inline constexpr const char* kClassesFile = "classes.json";

/// "class-" and the class's name, fit for a file name: bytes other than letters, digits, '_', '-'
/// and '.' as %XX; of a long one the beginning, '~' and a digest. Different for different names.
std::string class_folder(const std::string& name);

/// Whether a folder has a file classes.json.
bool holds_class_runs(const std::filesystem::path& folder);

/// Reads it. Error(kNoInput) if there is none; Error(kData) if it is damaged.
ClassRuns load_class_runs(const std::filesystem::path& folder);

/// Replaces it. Errors as write_file_atomically.
void save_class_runs(const std::filesystem::path& folder, const ClassRuns& runs);

}  // namespace spvae
