#include "spvae/data/png_folder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/io/file.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

constexpr const char* kOtherPictures[] = {".jpg", ".jpeg", ".jfif", ".gif",  ".bmp",
                                          ".tif", ".tiff", ".webp", ".avif", ".heic",
                                          ".jp2", ".pgm",  ".ppm",  ".pnm"};

/// A split, and the names that its subfolder may have.
struct SplitNames {
  std::string_view split;
  std::span<const std::string_view> names;
};
constexpr std::string_view kTrain[] = {"train", "training"};
constexpr std::string_view kValidation[] = {"validation", "valid", "val"};
constexpr std::string_view kTest[] = {"test", "testing"};
constexpr SplitNames kSplits[] = {
    {"training", kTrain}, {"validation", kValidation}, {"test", kTest}};

std::string name_of(const fs::path& path) { return path.filename().string(); }

/// What lies in a folder and is not hidden, in the order of the names' bytes.
struct Entries {
  std::vector<fs::path> pictures;
  std::vector<fs::path> others;  ///< pictures of other formats
  std::vector<fs::path> folders;
};

Entries entries_of(const fs::path& folder,
                   fs::directory_options options = fs::directory_options::none) try {
  Entries entries;
  std::error_code unknown;  // of a link that leads to itself, which is no folder
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, options)) {
    if (name_of(entry.path()).starts_with('.')) continue;
    if (entry.is_directory(unknown)) {
      entries.folders.push_back(entry.path());
    } else if (ending_of(entry.path()) == ".png") {
      entries.pictures.push_back(entry.path());
    } else if (is_other_picture(entry.path())) {
      entries.others.push_back(entry.path());
    }
  }
  std::ranges::sort(entries.pictures, {}, name_of);
  std::ranges::sort(entries.folders, {}, name_of);
  return entries;
} catch (const fs::filesystem_error& error) {
  fail(ErrorKind::kIo, "{}: the folder cannot be read: {}", folder.string(),
       error.code().message());
}

/// Whether a folder is a run's, or one of runs.
bool holds_runs(const fs::path& folder, const Entries& entries) {
  std::error_code absent;
  const auto is_run = [&](const fs::path& path) {
    return fs::exists(path / "config.json", absent);
  };
  return is_run(folder) || std::ranges::any_of(entries.folders, is_run);
}

/// Counts what is left out.
class LeftOut {
 public:
  explicit LeftOut(fs::path top) : top_(std::move(top)) {}

  void add_others(const Entries& entries) {
    for (const fs::path& file : entries.others) ++others_[ending_of(file)];
  }

  /// The PNG files of a folder that is too deep, and of those below; not behind links, which may
  /// lead anywhere.
  void add_deeper(const fs::path& folder) {
    std::error_code unknown;
    if (fs::is_symlink(folder, unknown)) return;
    if (folders_to_look_at_ == 0) {
      is_partial_ = true;
      return;
    }
    --folders_to_look_at_;
    const Entries entries = entries_of(folder, fs::directory_options::skip_permission_denied);
    if (holds_runs(folder, entries)) return;
    add_others(entries);
    if (!entries.pictures.empty() && deeper_ == 0) example_ = folder.lexically_relative(top_);
    deeper_ += entries.pictures.size();
    for (const fs::path& below : entries.folders) add_deeper(below);
  }

  /// The first folder with deeper PNG files, as seen from the top; empty: there are none.
  const fs::path& example() const { return example_; }

  /// "1 PNG file in deeper folders (b/x)"
  std::string deeper() const {
    return fmt::format("{}{} PNG file{} in deeper folders ({})", is_partial_ ? "at least " : "",
                       deeper_, deeper_ == 1 ? "" : "s", example_.string());
  }

  std::string text() const {
    std::vector<std::string> parts;
    parts.reserve(others_.size() + 1);
    for (const auto& [ending, count] : others_) {
      parts.push_back(fmt::format("{} {} file{}", count, ending, count == 1 ? "" : "s"));
    }
    if (deeper_ > 0) parts.push_back(deeper());
    return fmt::format("{}", fmt::join(parts, ", "));
  }

 private:
  fs::path top_;
  std::map<std::string, std::size_t> others_;  // by ending
  std::size_t deeper_ = 0;
  fs::path example_;
  int folders_to_look_at_ = 10'000;
  bool is_partial_ = false;
};

PngFiles files_of_split(const fs::path& folder, LeftOut& left_out) {
  const Entries entries = entries_of(folder);
  left_out.add_others(entries);
  PngFiles result{.files = entries.pictures, .classes = {}};
  for (const fs::path& class_folder : entries.folders) {
    const Entries of_class = entries_of(class_folder);
    left_out.add_others(of_class);
    for (const fs::path& deeper : of_class.folders) left_out.add_deeper(deeper);
    for (const fs::path& file : of_class.pictures) {
      if (!entries.pictures.empty()) {
        fail(ErrorKind::kData,
             "{}: got PNG files both in the folder ({}) and in its subfolder {}, expected either "
             "images or one folder for each class",
             folder.string(), name_of(entries.pictures.front()), name_of(class_folder));
      }
      result.files.push_back(file);
      result.classes.push_back(name_of(class_folder));
    }
  }
  if (result.files.empty()) {
    const std::string others = left_out.text();
    fail(ErrorKind::kData, "{}: expected PNG files, or folders of them, one for each class{}{}",
         folder.string(), others.empty() ? "" : ", got ", others);
  }
  return result;
}

bool is_of_split(const fs::path& folder, const SplitNames& split) {
  return std::ranges::find(split.names, lower_case(name_of(folder))) != split.names.end();
}

bool is_of_any_split(const fs::path& folder) {
  return std::ranges::any_of(kSplits,
                             [&](const SplitNames& split) { return is_of_split(folder, split); });
}

/// The subfolders of training, validation and test images; empty of what there is not.
std::array<fs::path, 3> split_folders(const fs::path& folder, const Entries& entries) {
  std::array<fs::path, 3> found;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const fs::path& subfolder : entries.folders) {
      if (!is_of_split(subfolder, kSplits[i])) continue;
      if (!found[i].empty()) {
        fail(ErrorKind::kData,
             "{}: got the subfolders {} and {}, expected one of {} images; merge or rename them",
             folder.string(), name_of(found[i]), name_of(subfolder), kSplits[i].split);
      }
      found[i] = subfolder;
    }
  }
  return found;
}

/// Error(kData) for PNG files beside subfolders of splits; counts other pictures there.
void check_beside_splits(const fs::path& folder, const Entries& entries, LeftOut& left_out) {
  const auto refuse = [&](const fs::path& beside) {
    std::vector<std::string> splits;
    for (const fs::path& subfolder : entries.folders) {
      if (is_of_any_split(subfolder)) splits.push_back(name_of(subfolder));
    }
    fail(ErrorKind::kData,
         "{}: got {} beside subfolders of splits ({}), expected images in train, validation and "
         "test alone; move or remove it, or, if {} is the name of a class, give that another",
         folder.string(), name_of(beside), fmt::join(splits, ", "), fmt::join(splits, " or "));
  };
  if (!entries.pictures.empty()) refuse(entries.pictures.front());
  left_out.add_others(entries);
  for (const fs::path& subfolder : entries.folders) {
    if (is_of_any_split(subfolder) || holds_runs(subfolder, entries_of(subfolder))) continue;
    if (holds_png_files(subfolder)) refuse(subfolder);
    left_out.add_deeper(subfolder);
  }
}

}  // namespace

PngFolder find_png_files(const fs::path& folder, PngUse use) {
  const Entries entries = entries_of(folder);
  const auto [train, validation, test] = split_folders(folder, entries);
  LeftOut left_out(folder);
  PngFolder result;
  if (train.empty() && validation.empty() && test.empty()) {
    result.train = files_of_split(folder, left_out);
    result.left_out = left_out.text();
    return result;
  }
  check_beside_splits(folder, entries, left_out);
  if (train.empty()) {
    const fs::path& only = validation.empty() ? test : validation;
    if (use == PngUse::kTraining) {
      fail(ErrorKind::kData, "{}: got the subfolder {} without train; put training images there",
           folder.string(), name_of(only));
    }
    if (!validation.empty() && !test.empty()) {
      fail(ErrorKind::kData, "{}: got the subfolders {} and {} without train; name one of them",
           folder.string(), name_of(validation), name_of(test));
    }
    result.train = files_of_split(only, left_out);
  } else {
    result.train = files_of_split(train, left_out);
    if (!validation.empty()) result.validation = files_of_split(validation, left_out);
    if (!test.empty()) result.test = files_of_split(test, left_out);
  }
  result.left_out = left_out.text();
  return result;
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

std::string deeper_png_files(const fs::path& folder) {
  LeftOut found(folder);
  for (const fs::path& below : entries_of(folder).folders) found.add_deeper(below);
  if (found.example().empty()) return "";
  fs::path place = found.example().parent_path();  // of class folders, or of splits
  if (is_of_any_split(place)) place = place.parent_path();
  return fmt::format("{}; name the folder above their classes or splits: {}", found.deeper(),
                     (folder / place).string());
}

bool is_other_picture(const fs::path& file) {
  return std::ranges::find(kOtherPictures, ending_of(file)) != std::end(kOtherPictures);
}

}  // namespace spvae
