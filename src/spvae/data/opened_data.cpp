#include "spvae/data/opened_data.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/data/find_files.h"
#include "spvae/data/png_folder.h"
#include "spvae/data/vector_file.h"
#include "spvae/io/file.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

// Of the parts that files do not give, as of a single file.
constexpr std::uint32_t kPart = 10;
constexpr Division kOfOneFile = {.validation_part = kPart, .test_part = kPart};

std::vector<ImageSource> open_sources(const KnownSet& set, const fs::path& folder) {
  std::vector<ImageSource> sources;
  for (const KnownSource& source : set.sources) {
    std::vector<fs::path> files;
    for (const KnownFile& file : source.files) files.push_back(find_source_file(folder, file.name));
    sources.emplace_back(source.format, std::move(files), source.images_of_file);
  }
  return sources;
}

OpenedData open_png_folder(const std::string& name, const fs::path& path, PngUse use) {
  PngFolder folder = find_png_files(path, use);
  OpenedData data{.name = name,
                  .sources = {},
                  .division = {},
                  .stretch = Stretch::kNone,
                  .left_out = std::move(folder.left_out)};
  if (folder.validation.files.empty()) {
    data.division.validation_part = kPart;
  } else {
    data.division.most_validation = std::numeric_limits<std::uint32_t>::max();
  }
  if (folder.test.files.empty()) data.division.test_part = kPart;
  for (PngFiles* split : {&folder.train, &folder.validation, &folder.test}) {
    if (split->files.empty()) continue;
    data.sources.emplace_back(ImageFormat::kPng, std::move(split->files));
    data.classes.push_back(std::move(split->classes));
  }
  return data;
}

OpenedData open_folder(const std::string& name, const fs::path& path, PngUse use) {
  const KnownSet& mnist = known_sets().front();
  const std::string_view first = mnist.sources[0].files[0].name;
  if (source_file_or_empty(path, first).empty()) {
    if (holds_png_files(path)) return open_png_folder(name, path, use);
    if (const std::string deeper = deeper_png_files(path); !deeper.empty()) {
      fail(
          ErrorKind::kNoInput,
          "{}: expected PNG files in this folder or in its subfolders of classes or splits, got {}",
          path.string(), deeper);
    }
    fail(
        ErrorKind::kNoInput,
        "{}: no PNG files in this folder or its subfolders, and no {}, plain, .gz or .xz; expected "
        "one or the other (pictures of other formats must be converted to PNG)",
        path.string(), first);
  }
  return {.name = name, .sources = open_sources(mnist, path), .division = mnist.division};
}

bool is_array(const fs::path& path) { return ending_of(unpacked_name(path)) == ".npy"; }

/// What a single file holds, by its name's ending; what has no ending of its own is IDX.
/// Error(kData) for those that are none of the formats.
ImageFormat format_of(const fs::path& path, bool vectors) {
  if (columns_of_vectors(path, vectors) > 0) return ImageFormat::kVectors;
  if (is_array(path)) return ImageFormat::kNpy;
  const std::string ending = ending_of(path);
  if (ending == ".png") return ImageFormat::kPng;
  refuse_archive_of_arrays(path, "images");
  if (is_other_picture(path)) {
    fail(ErrorKind::kData, "{}: got a picture of another format ({}), expected PNG; convert it",
         path.string(), ending);
  }
  for (const char* archive : {".zip", ".tar", ".tgz", ".7z"}) {
    if (ending != archive && ending_of(unpacked_name(path)) != archive) continue;
    fail(ErrorKind::kData, "{}: got an archive, expected images; unpack it and name the folder",
         path.string());
  }
  return ImageFormat::kIdx;
}

OpenedData open_path(const std::string& path, PngUse use, bool vectors) {
  std::error_code absent;
  if (!fs::exists(path, absent)) {
    const bool is_path = path.find_first_of("/.") != std::string::npos;
    fail(is_path ? ErrorKind::kNoInput : ErrorKind::kUsage,
         "data {}: {}; expected one of {}, or the path of an IDX, .npy, .csv or .png file or of a "
         "folder",
         path, is_path ? "no such file or folder" : "unknown name",
         fmt::join(data_set_names(), ", "));
  }
  const std::string name = unpacked_name(fs::canonical(path));
  if (fs::is_directory(path, absent)) return open_folder(name, path, use);
  OpenedData data{.name = name, .sources = {}, .division = kOfOneFile};
  const ImageFormat format = format_of(path, vectors);
  data.sources.emplace_back(format, std::vector<fs::path>{path});
  if (format != ImageFormat::kIdx) data.stretch = Stretch::kNone;
  return data;
}

}  // namespace

OpenedData open_data_files(const DataConfig& config) {
  const auto known = known_sets();
  const auto set = std::ranges::find(known, config.data, &KnownSet::name);
  if (set == known.end()) {
    return open_path(config.data, config.whole ? PngUse::kQueries : PngUse::kTraining,
                     config.vectors);
  }
  const fs::path folder = find_set_folder(*set, config.data_dir, data_folders());
  return {.name = config.data,
          .sources = open_sources(*set, folder),
          .division = set->division,
          .known = &*set};
}

bool is_named_set(const std::string& data) {
  return std::ranges::find(known_sets(), data, &KnownSet::name) != known_sets().end();
}

bool is_float_array(const std::string& data) try {
  if (!is_array(data)) return false;
  const NpyType type = read_npy_header(data).type;
  return type == NpyType::kFloat || type == NpyType::kDouble;
} catch (const Error&) {
  return false;  // said when the data are opened
}

int columns_of_data(const std::string& data, bool vectors) try {
  std::error_code absent;
  return is_named_set(data) || !fs::is_regular_file(data, absent)
             ? 0
             : columns_of_vectors(data, vectors);
} catch (const Error&) {
  return 0;  // said when the data are opened
}

std::vector<std::string> data_set_names() {
  std::vector<std::string> names;
  for (const KnownSet& set : known_sets()) names.emplace_back(set.name);
  return names;
}

}  // namespace spvae
