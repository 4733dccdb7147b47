#include "spvae/data/data_origin.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/data/png_folder.h"
#include "spvae/data/source_files.h"
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
  OpenedData data{.name = name, .sources = {}, .division = {}, .stretch = Stretch::kNone};
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
    fail(
        ErrorKind::kNoInput,
        "{}: no PNG files in this folder or its subfolders, and no {}, plain, .gz or .xz; expected "
        "one or the other (pictures of other formats must be converted to PNG)",
        path.string(), first);
  }
  return {.name = name, .sources = open_sources(mnist, path), .division = mnist.division};
}

bool is_array(const std::string& path) { return path.ends_with(".npy"); }

OpenedData open_path(const std::string& path, PngUse use) {
  std::error_code absent;
  if (!fs::exists(path, absent)) {
    const bool is_path = path.find_first_of("/.") != std::string::npos;
    fail(is_path ? ErrorKind::kNoInput : ErrorKind::kUsage,
         "data {}: {}; expected one of {}, or the path of an IDX or .npy file or of a folder", path,
         is_path ? "no such file or folder" : "unknown name", fmt::join(data_set_names(), ", "));
  }
  const std::string name = unpacked_name(fs::canonical(path));
  if (fs::is_directory(path, absent)) return open_folder(name, path, use);
  OpenedData data{.name = name, .sources = {}, .division = kOfOneFile};
  data.sources.emplace_back(is_array(path) ? ImageFormat::kNpy : ImageFormat::kIdx,
                            std::vector<fs::path>{path});
  if (is_array(path)) data.stretch = Stretch::kNone;
  return data;
}

}  // namespace

OpenedData open_data_files(const DataConfig& config) {
  const auto known = known_sets();
  const auto set = std::ranges::find(known, config.data, &KnownSet::name);
  if (set == known.end()) {
    return open_path(config.data, config.whole ? PngUse::kQueries : PngUse::kTraining);
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

std::vector<std::string> data_set_names() {
  std::vector<std::string> names;
  for (const KnownSet& set : known_sets()) names.emplace_back(set.name);
  return names;
}

}  // namespace spvae
