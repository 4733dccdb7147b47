#include "spvae/data/png_folder.h"

#include <algorithm>
#include <cctype>

#include "spvae/core/error.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

bool is_png(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& letter : ending) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return ending == ".png";
}

/// What lies in a folder and is not hidden, in the order of the names' bytes.
struct Entries {
  std::vector<fs::path> pictures;
  std::vector<fs::path> folders;
};

Entries entries_of(const fs::path& folder) try {
  Entries entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with('.')) continue;
    if (entry.is_directory()) {
      entries.folders.push_back(entry.path());
    } else if (is_png(entry.path())) {
      entries.pictures.push_back(entry.path());
    }
  }
  const auto by_name = [](const fs::path& path) { return path.filename().string(); };
  std::ranges::sort(entries.pictures, {}, by_name);
  std::ranges::sort(entries.folders, {}, by_name);
  return entries;
} catch (const fs::filesystem_error& error) {
  fail(ErrorKind::kIo, "{}: the folder cannot be read: {}", folder.string(),
       error.code().message());
}

PngFiles files_of_split(const fs::path& folder) {
  const Entries entries = entries_of(folder);
  PngFiles result{.files = entries.pictures, .classes = {}};
  for (const fs::path& class_folder : entries.folders) {
    for (const fs::path& file : entries_of(class_folder).pictures) {
      if (!entries.pictures.empty()) {
        fail(ErrorKind::kData,
             "{}: got PNG files both in the folder ({}) and in its subfolder {}, expected either "
             "images or one folder for each class",
             folder.string(), entries.pictures.front().filename().string(),
             class_folder.filename().string());
      }
      result.files.push_back(file);
      result.classes.push_back(class_folder.filename().string());
    }
  }
  if (result.files.empty()) {
    fail(ErrorKind::kData, "{}: expected PNG files, or folders of them, one for each class",
         folder.string());
  }
  return result;
}

/// The first subfolder of these names that there is; empty if there is none.
fs::path subfolder(const fs::path& folder, std::initializer_list<const char*> names) {
  std::error_code absent;
  for (const char* name : names) {
    if (fs::is_directory(folder / name, absent)) return folder / name;
  }
  return {};
}

}  // namespace

PngFolder find_png_files(const fs::path& folder, PngUse use) {
  const fs::path train = subfolder(folder, {"train"});
  const fs::path validation = subfolder(folder, {"validation", "val"});
  const fs::path test = subfolder(folder, {"test"});
  if (train.empty() && validation.empty() && test.empty()) {
    return {.train = files_of_split(folder), .validation = {}, .test = {}};
  }
  if (train.empty() && use == PngUse::kQueries) {
    if (!validation.empty() && !test.empty()) {
      fail(ErrorKind::kData, "{}: got the subfolders {} and test without train; name one of them",
           folder.string(), validation.filename().string());
    }
    const fs::path& only = validation.empty() ? test : validation;
    return {.train = files_of_split(only), .validation = {}, .test = {}};
  }
  if (train.empty()) {
    fail(ErrorKind::kData, "{}: got the subfolder {} without train; put training images there",
         folder.string(), (validation.empty() ? test : validation).filename().string());
  }
  PngFolder result{.train = files_of_split(train), .validation = {}, .test = {}};
  if (!validation.empty()) result.validation = files_of_split(validation);
  if (!test.empty()) result.test = files_of_split(test);
  return result;
}

void check_split_folders(const fs::path& folder) {
  const Entries entries = entries_of(folder);
  const auto name_of = [](const fs::path& path) { return path.filename().string(); };
  const auto is_split = [&](const fs::path& path) {
    const std::string name = name_of(path);
    return name == "train" || name == "validation" || name == "val" || name == "test";
  };
  if (std::ranges::none_of(entries.folders, is_split)) return;
  const auto refuse = [&](const fs::path& beside) {
    fail(ErrorKind::kData,
         "{}: got {} beside subfolders of splits, expected images in train, validation (or val) "
         "and test alone; move or remove it",
         folder.string(), name_of(beside));
  };
  if (!entries.pictures.empty()) refuse(entries.pictures.front());
  bool has_validation = false;
  for (const fs::path& subfolder : entries.folders) {
    std::error_code absent;
    const bool is_run = fs::exists(subfolder / "config.json", absent);
    if (is_run || !holds_png_files(subfolder)) continue;
    const bool is_validation = name_of(subfolder).starts_with("val");
    if (!is_split(subfolder) || (is_validation && has_validation)) refuse(subfolder);
    has_validation = has_validation || is_validation;
  }
}

bool holds_png_files(const fs::path& folder) {
  const auto holds_any = [](const Entries& entries) { return !entries.pictures.empty(); };
  const Entries top = entries_of(folder);
  if (holds_any(top)) return true;
  return std::ranges::any_of(top.folders, [&](const fs::path& below) {
    const Entries entries = entries_of(below);
    return holds_any(entries) || std::ranges::any_of(entries.folders, [&](const fs::path& lowest) {
             return holds_any(entries_of(lowest));
           });
  });
}

}  // namespace spvae
