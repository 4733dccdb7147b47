#include "spvae/data/data_set.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/core/random.h"
#include "spvae/data/permutation.h"
#include "spvae/data/preprocess.h"
#include "spvae/data/source_files.h"
#include "spvae/io/digest.h"
#include "spvae/io/idx.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

/// A file of images, or two: training images and test images.
using SourceFiles = std::vector<fs::path>;

/// A data set that is known by name; `open` finds its files in its folder.
struct NamedDataSet {
  std::string_view name;
  SourceFiles (*open)(const fs::path& folder);
};
std::span<const NamedDataSet> named_data_sets();  // the table at the end of this file

SourceFiles open_idx_pair(const fs::path& folder) {
  return {find_source_file(folder, "train-images-idx3-ubyte.gz"),
          find_source_file(folder, "t10k-images-idx3-ubyte.gz")};
}

SourceFiles open_path(const std::string& path) {
  std::error_code absent;
  if (fs::is_directory(path, absent)) return open_idx_pair(path);
  if (fs::exists(path, absent)) return {path};
  const bool is_path = path.find_first_of("/.") != std::string::npos;
  fail(is_path ? ErrorKind::kNoInput : ErrorKind::kUsage,
       "data {}: {}; expected one of {}, or the path of an IDX file or of a folder", path,
       is_path ? "no such file or folder" : "unknown name", fmt::join(data_set_names(), ", "));
}

std::string name_of(const fs::path& path) {
  const fs::path file_name = fs::canonical(path).filename();
  return (file_name.extension() == ".gz" ? file_name.stem() : file_name).string();
}

/// Cuts `order` into consecutive parts; the first takes what the others leave.
std::vector<std::vector<std::uint32_t>> cut(const std::vector<std::uint32_t>& order,
                                            std::size_t parts, std::size_t later_size) {
  std::vector<std::vector<std::uint32_t>> result;
  auto begin = order.begin();
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t size = i == 0 ? order.size() - (parts - 1) * later_size : later_size;
    const auto end = begin + static_cast<std::ptrdiff_t>(size);
    result.emplace_back(begin, end);
    begin = end;
  }
  return result;
}

std::string digest_of(const SourceFiles& files) {
  std::string lines;
  for (const fs::path& file : files) lines += sha256_of_file(file) + "\n";
  return sha256(lines);
}

}  // namespace

DataSet::DataSet(const DataConfig& config) : config_(config) {
  const auto known = named_data_sets();
  const auto named = std::ranges::find(known, config.data, &NamedDataSet::name);
  if (named != known.end()) {
    name_ = named->name;
    files_ = named->open(find_data_folder(name_, data_folders()));
  } else {
    files_ = open_path(config.data);
    name_ = name_of(config.data);
  }

  for (const fs::path& file : files_) shapes_.push_back(read_idx_shape(file, 3));
  const Shape& first = shapes_.front();
  const Shape& last = shapes_.back();
  if (first[1] != last[1] || first[2] != last[2]) {
    fail(ErrorKind::kData, "{}: got images of {} x {} pixels, expected {} x {} as in {}",
         files_.back().string(), last[1], last[2], first[1], first[2], files_.front().string());
  }
  height_ = static_cast<int>(first[1]);
  width_ = static_cast<int>(first[2]);

  const bool one_file = files_.size() == 1;
  const std::uint32_t divisor = one_file ? 10 : 6;
  constexpr std::uint32_t kMaxImages = 1u << 26;  // of one permutation
  if (first[0] < divisor) {
    fail(ErrorKind::kData,
         "{}: too few images to divide into training{}: got {}, expected at least {}",
         files_.front().string(), one_file ? ", validation and test" : " and validation", first[0],
         divisor);
  }
  if (first[0] > kMaxImages) {
    fail(ErrorKind::kData, "{}: too many images: got {}, expected at most {}",
         files_.front().string(), first[0], kMaxImages);
  }
  const auto order =
      random_permutation({.seed = config.data_seed, .purpose = Purpose::kSplit}, first[0]);
  auto indices = cut(order, one_file ? 3 : 2, first[0] / divisor);
  if (!one_file) {
    indices.emplace_back(last[0]);
    std::iota(indices.back().begin(), indices.back().end(), 0u);
  }
  for (std::size_t i = 0; i < indices.size(); ++i) {
    parts_[i] = {.file = i == 2 && !one_file ? 1u : 0u, .indices = std::move(indices[i])};
  }
  digest_ = digest_of(files_);
}

ImageSet DataSet::load(Split split, ThreadPool& pool) const {
  const Part& chosen = part(split);
  const fs::path& file = files_[chosen.file];
  const IdxArray raw = read_idx(file, 3);
  if (raw.shape != shapes_[chosen.file]) {
    fail(ErrorKind::kData, "{}: changed while it was in use: got the shape {}, expected {}",
         file.string(), fmt::join(raw.shape, " x "), fmt::join(shapes_[chosen.file], " x "));
  }

  ImageSet images{.height = height_, .width = width_, .values = {}, .indices = chosen.indices};
  const auto pixels = static_cast<std::size_t>(images.pixels());
  const std::size_t count = chosen.indices.size();
  images.values.resize(count * pixels);
  constexpr std::size_t kImagesOfTask = 256;
  const auto tasks = static_cast<int>((count + kImagesOfTask - 1) / kImagesOfTask);
  pool.run(tasks, [&](int task, int) {
    const std::size_t first = static_cast<std::size_t>(task) * kImagesOfTask;
    for (std::size_t row = first; row < std::min(first + kImagesOfTask, count); ++row) {
      const std::uint32_t index = chosen.indices[row];
      const auto in = std::span(raw.values).subspan(index * pixels, pixels);
      const auto out = std::span(images.values).subspan(row * pixels, pixels);
      if (config_.discrete) {
        prepare_discrete(in, out);
      } else {
        prepare_continuous(in, config_.data_seed, {.file = chosen.file, .index = index}, out);
      }
    }
  });
  return images;
}

std::vector<std::string> data_set_names() {
  std::vector<std::string> names;
  for (const NamedDataSet& set : named_data_sets()) names.emplace_back(set.name);
  return names;
}

namespace {

// Every data set that is known by name.
constexpr NamedDataSet kNamedDataSets[] = {
    {"mnist", open_idx_pair},
};

std::span<const NamedDataSet> named_data_sets() { return kNamedDataSets; }

}  // namespace
}  // namespace spvae
