#include "spvae/data/data_set.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/core/random.h"
#include "spvae/data/known_sets.h"
#include "spvae/data/permutation.h"
#include "spvae/data/preprocess.h"
#include "spvae/data/source_files.h"
#include "spvae/io/digest.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

constexpr Division kOfOneFile = {.validation_part = 10, .test_part = 10};

/// What a DataConfig stands for.
struct Origin {
  std::string name;
  std::vector<ImageSource> sources;
  Division division;
  const KnownSet* known = nullptr;  ///< of a named set
};

std::vector<ImageSource> open_sources(const KnownSet& set, const fs::path& folder) {
  std::vector<ImageSource> sources;
  for (const KnownSource& source : set.sources) {
    std::vector<fs::path> files;
    for (const KnownFile& file : source.files) files.push_back(find_source_file(folder, file.name));
    sources.emplace_back(source.format, std::move(files), source.images_of_file);
  }
  return sources;
}

Origin open_path(const std::string& path) {
  std::error_code absent;
  if (!fs::exists(path, absent)) {
    const bool is_path = path.find_first_of("/.") != std::string::npos;
    fail(is_path ? ErrorKind::kNoInput : ErrorKind::kUsage,
         "data {}: {}; expected one of {}, or the path of an IDX file or of a folder", path,
         is_path ? "no such file or folder" : "unknown name", fmt::join(data_set_names(), ", "));
  }
  const std::string name = unpacked_name(fs::canonical(path));
  if (!fs::is_directory(path, absent)) {
    std::vector<ImageSource> sources;
    sources.emplace_back(ImageFormat::kIdx, std::vector<fs::path>{path});
    return {name, std::move(sources), kOfOneFile};
  }
  const KnownSet& mnist = known_sets().front();
  return {name, open_sources(mnist, path), mnist.division};
}

Origin open_origin(const DataConfig& config) {
  const auto known = known_sets();
  const auto set = std::ranges::find(known, config.data, &KnownSet::name);
  if (set == known.end()) return open_path(config.data);
  const fs::path folder = find_set_folder(*set, config.data_dir, data_folders());
  return {config.data, open_sources(*set, folder), set->division, &*set};
}

std::vector<std::uint32_t> first_numbers(std::uint32_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return numbers;
}

/// Takes the last `count` elements off.
std::vector<std::uint32_t> taken_off(std::vector<std::uint32_t>& order, std::uint32_t count) {
  const auto begin = order.end() - static_cast<std::ptrdiff_t>(count);
  std::vector<std::uint32_t> taken(begin, order.end());
  order.erase(begin, order.end());
  return taken;
}

void check_divisible(const ImageSource& source, const Division& division) {
  const std::uint32_t least = std::max(division.validation_part, division.test_part);
  if (source.count() >= least) return;
  fail(ErrorKind::kData,
       "{}: too few images to divide into training{}: got {}, expected at least {}",
       source.files().front().string(),
       division.test_part > 0 ? ", validation and test" : " and validation", source.count(), least);
}

/// The files of a data set with their digests, source by source.
std::vector<DataFile> digested_files(const std::vector<ImageSource>& sources, const KnownSet* known,
                                     ThreadPool* pool) {
  std::vector<DataFile> files;
  std::vector<std::pair<const ImageSource*, std::size_t>> places;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    for (std::size_t i = 0; i < sources[s].files().size(); ++i) {
      const fs::path& path = sources[s].files()[i];
      const std::string_view published =
          known != nullptr ? known->sources[s].files[i].sha256 : std::string_view();
      files.push_back({.name = unpacked_name(path),
                       .path = path,
                       .sha256 = {},
                       .published_sha256 = std::string(published)});
      places.emplace_back(&sources[s], i);
    }
  }
  const auto digest_file = [&](int task, int) {
    DataFile& file = files[static_cast<std::size_t>(task)];
    const auto& [source, i] = places[static_cast<std::size_t>(task)];
    const ContentDigest digest = digest_of_content(file.path);
    source->check_size(i, digest.size);
    file.sha256 = digest.sha256;
  };
  const int count = static_cast<int>(files.size());
  if (pool != nullptr) {
    pool->run(count, digest_file);
  } else {
    for (int task = 0; task < count; ++task) digest_file(task, 0);
  }
  return files;
}

std::string digest_of(const std::vector<DataFile>& files) {
  std::string lines;
  for (const DataFile& file : files) lines += file.sha256 + "\n";
  return sha256(lines);
}

std::string warning_of(const std::string& name, const std::vector<DataFile>& files) {
  std::vector<std::string_view> names;
  std::vector<std::string_view> digests;
  for (const DataFile& file : files) {
    if (file.is_published()) continue;
    names.push_back(file.name);
    digests.push_back(file.sha256);
  }
  if (names.empty()) return "";
  return fmt::format(
      "data set {}: {} {} (SHA-256 {}): numbers are not comparable with the paper's", name,
      fmt::join(names, ", "),
      names.size() == 1 ? "is not the published file" : "are not the published files",
      fmt::join(digests, ", "));
}

}  // namespace

DataSet::DataSet(const DataConfig& config, ThreadPool* pool) : config_(config) {
  Origin origin = open_origin(config);
  name_ = std::move(origin.name);
  sources_ = std::move(origin.sources);
  const ImageSource& first = sources_.front();
  for (const ImageSource& source : sources_) {
    check_same_size(source.files().front(), source.height(), source.width(), first.files().front(),
                    height(), width());
  }

  const Division& division = origin.division;
  check_divisible(first, division);
  auto& [train, validation, test] = parts_;
  train.indices =
      random_permutation({.seed = config.data_seed, .purpose = Purpose::kSplit}, first.count());
  if (division.test_part > 0) {
    test.indices = taken_off(train.indices, first.count() / division.test_part);
  } else {
    test.source = static_cast<std::uint32_t>(sources_.size()) - 1;
    test.indices = first_numbers(sources_.back().count());
  }
  if (division.validation_part > 0) {
    validation.indices = taken_off(train.indices, first.count() / division.validation_part);
  } else {
    validation.source = 1;
    validation.indices = first_numbers(std::min(sources_[1].count(), division.most_validation));
  }
  if (config.training_images > count(Split::kTrain)) {
    fail(ErrorKind::kUsage,
         "training-images: got {}, but {} has {} training images; choose no more than these",
         config.training_images, name_, count(Split::kTrain));
  }
  if (config.training_images > 0) {
    train.indices.resize(static_cast<std::size_t>(config.training_images));
  }

  files_ = digested_files(sources_, origin.known, pool);
  digest_ = digest_of(files_);
  if (origin.known != nullptr) warning_ = warning_of(name_, files_);
}

ImageSet DataSet::load(Split split, ThreadPool& pool) const {
  return prepared(part(split), read_gray(part(split), pool), pool);
}

TrainingImages DataSet::load_training(ThreadPool& pool) const {
  const Part& train = part(Split::kTrain);
  const Part& validation = part(Split::kValidation);
  if (train.source != validation.source) {
    return {load(Split::kTrain, pool), load(Split::kValidation, pool)};
  }
  const std::vector<std::uint8_t> gray =
      sources_[train.source].read_gray(sources_[train.source].count(), pool);
  return {prepared(train, gray, pool), prepared(validation, gray, pool)};
}

std::vector<std::uint8_t> DataSet::read_gray(const Part& part, ThreadPool& pool) const {
  return sources_[part.source].read_gray(std::ranges::max(part.indices) + 1, pool);
}

ImageSet DataSet::prepared(const Part& part, std::span<const std::uint8_t> gray,
                           ThreadPool& pool) const {
  ImageSet images{.height = height(), .width = width(), .values = {}, .indices = part.indices};
  const auto pixels = static_cast<std::size_t>(images.pixels());
  const std::size_t count = part.indices.size();
  images.values.resize(count * pixels);
  constexpr std::size_t kImagesOfTask = 256;
  const auto tasks = static_cast<int>((count + kImagesOfTask - 1) / kImagesOfTask);
  pool.run(tasks, [&](int task, int) {
    const std::size_t first = static_cast<std::size_t>(task) * kImagesOfTask;
    for (std::size_t row = first; row < std::min(first + kImagesOfTask, count); ++row) {
      const std::uint32_t index = part.indices[row];
      const auto in = gray.subspan(index * pixels, pixels);
      const auto out = std::span(images.values).subspan(row * pixels, pixels);
      if (config_.discrete) {
        prepare_discrete(in, out);
      } else {
        prepare_continuous(in, config_.data_seed, {.file = part.source, .index = index}, out);
      }
    }
  });
  return images;
}

std::vector<std::string> data_set_names() {
  std::vector<std::string> names;
  for (const KnownSet& set : known_sets()) names.emplace_back(set.name);
  return names;
}

}  // namespace spvae
