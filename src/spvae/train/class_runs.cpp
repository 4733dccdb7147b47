#include "spvae/train/class_runs.h"

#include <fmt/format.h>

#include <algorithm>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' || letter == '.';
}

/// Throws Json::exception for what is missing or of another type.
ClassRuns class_runs_of(const Json& json) {
  ClassRuns runs{.classes = {},
                 .data = json.at("data").get<std::string>(),
                 .data_digest = json.at("data_digest").get<std::string>(),
                 .config = json.at("config")};
  for (const Json& entry : json.at("classes")) {
    runs.classes.push_back({.name = entry.at("name").get<std::string>(),
                            .folder = entry.at("folder").get<std::string>(),
                            .training_images = entry.at("training_images").get<int>(),
                            .validation_images = entry.at("validation_images").get<int>()});
  }
  return runs;
}

bool is_sound(const ClassRuns& runs) {
  return runs.classes.size() >= 2 && std::ranges::all_of(runs.classes, [](const ClassRun& run) {
           // Another folder might lead anywhere.
           return run.folder == class_folder(run.name) && run.training_images >= 1;
         });
}

[[noreturn]] void fail_damaged(const std::string& path, const std::string& what) {
  fail(ErrorKind::kData, "{}: damaged: {}; 'spvae train --per-class --force' makes it anew", path,
       what);
}

}  // namespace

std::string class_folder(const std::string& name) {
  constexpr std::size_t kMost = 100;      // a file's name may have 255
  constexpr std::size_t kBeginning = 60;  // of a longer one
  std::string folder = "class-";
  for (const char letter : name) {
    folder +=
        is_plain(letter)
            ? std::string(1, letter)
            : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(letter)));
  }
  if (folder.size() <= kMost) return folder;
  return folder.substr(0, kBeginning) + "~" + sha256(name).substr(0, 32);
}

bool holds_class_runs(const fs::path& folder) {
  std::error_code absent;
  return fs::exists(folder / kClassesFile, absent);
}

ClassRuns load_class_runs(const fs::path& folder) {
  if (!holds_class_runs(folder)) {
    fail(
        ErrorKind::kNoInput,
        "{}: there are no models of classes (no {}); 'spvae train --per-class --out {}' makes them",
        folder.string(), kClassesFile, folder.string());
  }
  const std::string path = (folder / kClassesFile).string();
  const Json json = read_json(path, ErrorKind::kData);
  ClassRuns runs;
  try {
    runs = class_runs_of(json);
  } catch (const Json::exception& error) {
    fail_damaged(path, error.what());
  }
  if (!is_sound(runs)) {
    fail_damaged(path, "expected two classes or more, each with its folder and training images");
  }
  return runs;
}

void save_class_runs(const fs::path& folder, const ClassRuns& runs) {
  Json json = {{"data", runs.data},
               {"data_digest", runs.data_digest},
               {"version", version()},
               {"classes", Json::array()},
               {"config", runs.config}};
  for (const ClassRun& run : runs.classes) {
    json["classes"].push_back({{"name", run.name},
                               {"folder", run.folder},
                               {"training_images", run.training_images},
                               {"validation_images", run.validation_images}});
  }
  write_file_atomically(folder / kClassesFile, json.dump(2) + "\n");
}

}  // namespace spvae
