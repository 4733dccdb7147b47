#include "spvae/data/data_set.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/core/random.h"
#include "spvae/data/known_sets.h"
#include "spvae/data/permutation.h"
#include "spvae/data/preprocess.h"
#include "spvae/data/repeated_values.h"
#include "spvae/data/value_grid.h"
#include "spvae/data/vector_file.h"
#include "spvae/io/digest.h"

namespace spvae {
namespace {

constexpr std::array kSplitNames = {"training", "validation", "test"};

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

}  // namespace

DataSet::DataSet(const DataConfig& config, ThreadPool* pool, const LoadObserver& observer)
    : config_(config) {
  OpenedData origin = open_data_files(config);
  name_ = std::move(origin.name);
  sources_ = std::move(origin.sources);
  class_origin_ = {.labels = config.labels, .folders = std::move(origin.classes)};
  const ImageSource& first = sources_.front();
  for (const ImageSource& source : sources_) {
    check_same_size(source.files().front(), source.height(), source.width(), first.files().front(),
                    height(), width());
  }

  auto& [train, validation, test] = parts_;
  test.is_masked = false;
  if (is_whole()) {
    for (Part& part : parts_) part.indices = first_numbers(first.count());
  } else {
    divide(origin.division);
  }
  if (config.training_images > count(Split::kTrain)) {
    fail(ErrorKind::kUsage,
         "training-images: got {}, but {} has {} training images; choose no more than these",
         config.training_images, name_, count(Split::kTrain));
  }
  if (config.training_images > 0) {
    train.indices.resize(static_cast<std::size_t>(config.training_images));
  }
  if (!config.mask.empty()) {
    const std::size_t images = images_before(validation.source + 1);
    mask_ = load_mask(config.mask, height(), width(), static_cast<int>(images));
  }

  stretch_ = config.stretch == Stretch::kAuto ? origin.stretch : config.stretch;
  dequantize_ = config.dequantize;
  if (dequantize_ == Dequantize::kAuto) {
    dequantize_ = first.is_float() ? Dequantize::kOff : Dequantize::kOn;
  }
  files_ = digest_files(sources_, origin.known, pool, observer);
  digest_ = digest_of(files_, config.mask);
  if (origin.known != nullptr) warning_ = unpublished_warning(name_, files_);
  if (!origin.left_out.empty()) {
    warning_ = fmt::format(
        "data {}: left out: {}; only PNG files are read, in the folder of a split or of a class",
        name_, origin.left_out);
  }
  if (!config.class_name.empty()) keep_class(config.class_name);
}

void DataSet::divide(const Division& division) {
  const ImageSource& first = sources_.front();
  check_divisible(first, division);
  auto& [train, validation, test] = parts_;
  train.indices =
      random_permutation({.seed = config_.data_seed, .purpose = Purpose::kSplit}, first.count());
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
}

std::string DataSet::noise_warning(const ImageSet& training) const {
  if (config_.values > 0 || dequantize_ == Dequantize::kOn) return "";
  const bool has_pixels = columns().empty();
  if (!is_float()) {
    return fmt::format(
        "data {}: pixels of 8 bits without noise make a Gaussian's precision grow without limit; "
        "say --dequantize on, bound it with --max-precision, or choose a likelihood of 8-bit "
        "pixels",
        name_);
  }
  constexpr double kNotable = 0.05;
  const RepeatedValues repeated = repeated_values(training);
  if (repeated.constants == 0 && repeated.share < kNotable) return "";
  const std::string what =
      repeated.constants > 0
          ? fmt::format("{} of {} values of {} are the same in most {}", repeated.constants,
                        training.variables(), has_pixels ? "an image" : "a vector",
                        has_pixels ? "images" : "vectors")
          : fmt::format("{:.0f} % of the values stand several times", 100 * repeated.share);
  return fmt::format(
      "data {}: {}, which makes a Gaussian's precision there, and the bound, grow without limit; "
      "{}bound it with --max-precision",
      name_, what, has_pixels ? "say --dequantize on, or " : "");
}

std::vector<std::uint8_t> DataSet::hidden_pixels() const {
  if (!mask_) return {};
  std::vector<std::uint8_t> hidden(mask_->pixels(), 1);
  for (std::size_t i = 0; i < mask_->observed.size(); ++i) {
    if (mask_->observed[i] != 0) hidden[i % hidden.size()] = 0;
  }
  if (std::ranges::find(hidden, 1) == hidden.end()) hidden.clear();
  return hidden;
}

void DataSet::check_takes_nan() const {
  if (is_float()) return;
  fail(ErrorKind::kUsage,
       "missing: got nan, but the pixels of {} are of 8 bits, which have no NaN; leave it out",
       name_);
}

ImageSet DataSet::load(Split split, ThreadPool& pool, const LoadOptions& options) const {
  Part wanted = part(split);
  if (options.most > 0 && options.most < count(split)) {
    wanted.indices.resize(static_cast<std::size_t>(options.most));
  }
  if (wanted.indices.empty()) {
    fail(ErrorKind::kData, "data {}: of class {} there are no {} images", name_, config_.class_name,
         kSplitNames[static_cast<std::size_t>(split)]);
  }
  const std::uint32_t images = std::ranges::max(wanted.indices) + 1;
  return prepared(wanted, read(wanted.source, images, pool, options.observer), options, pool);
}

TrainingImages DataSet::load_training(ThreadPool& pool, const LoadObserver& observer) const {
  const Part& train = part(Split::kTrain);
  const Part& validation = part(Split::kValidation);
  TrainingImages images;
  if (train.source != validation.source) {
    images = {load(Split::kTrain, pool, {.observer = observer}),
              load(Split::kValidation, pool, {.observer = observer})};
  } else {
    const SourcePixels pixels = read(train.source, sources_[train.source].count(), pool, observer);
    images = {prepared(train, pixels, {}, pool), prepared(validation, pixels, {}, pool)};
  }
  for (const auto& [name, set] :
       {std::pair{"training", &images.train}, {"validation", &images.validation}}) {
    if (mean_observed_variables(*set) > 0) continue;
    fail(ErrorKind::kData,
         "data {}: no pixel of any {} image is observed, so that nothing can be learnt; in a mask, "
         "1 or white is observed",
         name_, name);
  }
  return images;
}

SourcePixels DataSet::read(std::uint32_t source, std::uint32_t count, ThreadPool& pool,
                           const LoadObserver& observer) const {
  return read_pixels(sources_[source], count,
                     {.channels = channels(),
                      .values = config_.values,
                      .takes_nan = config_.missing == Missing::kNan},
                     pool, observer);
}

ImageSet DataSet::prepared(const Part& part, const SourcePixels& in, const LoadOptions& options,
                           ThreadPool& pool) const {
  ImageSet images{
      .height = height(),
      .width = width(),
      .channels = channels(),
      .values = {},
      .indices = part.indices,
      .columns = {.names = columns(),
                  .are_numbered = !names_columns(sources_[part.source].files().front())}};
  const auto size = static_cast<std::size_t>(images.variables());
  const std::size_t count = part.indices.size();
  images.values.resize(count * size);
  if (!in.observed.empty()) {
    images.observed.resize(count * size);
    for (std::size_t row = 0; row < count; ++row) {
      std::ranges::copy(std::span(in.observed).subspan(part.indices[row] * size, size),
                        images.observed.begin() + static_cast<std::ptrdiff_t>(row * size));
    }
  }
  if (part.is_masked && mask_) apply_mask(mask_of(part), images);
  if (options.mask != nullptr) apply_mask(*options.mask, images);
  if (!columns().empty()) {
    for (std::size_t row = 0; row < count; ++row) {
      std::ranges::copy(std::span(in.floats).subspan(part.indices[row] * size, size),
                        images.values.begin() + static_cast<std::ptrdiff_t>(row * size));
    }
    if (config_.values > 0) check_whole_values(name_, config_.values, images);
    return images;
  }
  const Preparation preparation{.stretch = stretch_ == Stretch::kImage,
                                .noise = config_.values == 0 && dequantize_ == Dequantize::kOn,
                                .seed = config_.data_seed,
                                .binarise = config_.binarise};
  const auto row_of = [size](const auto& values, std::size_t row) {
    return values.empty() ? std::span(values) : std::span(values).subspan(row * size, size);
  };
  constexpr std::size_t kImagesOfTask = 256;
  const auto tasks = static_cast<int>((count + kImagesOfTask - 1) / kImagesOfTask);
  pool.run(tasks, [&](int task, int) {
    const std::size_t first = static_cast<std::size_t>(task) * kImagesOfTask;
    for (std::size_t row = first; row < std::min(first + kImagesOfTask, count); ++row) {
      const std::uint32_t index = part.indices[row];
      const ImageAddress address{.file = part.source, .index = index};
      const auto out = std::span(images.values).subspan(row * size, size);
      const PixelFlags flags{.observed = row_of(std::as_const(images.observed), row),
                             .known = row_of(in.observed, index)};
      if (in.floats.empty()) {
        prepare(row_of(in.bytes, index), flags, preparation, address, out);
      } else {
        prepare(row_of(in.floats, index), flags, preparation, address, out);
      }
    }
  });
  if (config_.values > 0 && config_.values < 256) snap_to_values(name_, config_.values, images);
  return images;
}

std::size_t DataSet::images_before(std::uint32_t source) const {
  std::size_t images = 0;
  for (std::uint32_t s = 0; s < source; ++s) images += sources_[s].count();
  return images;
}

Mask DataSet::mask_of(const Part& part) const {
  if (mask_->count() == 1) return *mask_;
  Mask mask{.height = mask_->height, .width = mask_->width, .observed = {}};
  const std::size_t first = images_before(part.source);
  for (const std::uint32_t index : part.indices) {
    const std::span<const std::uint8_t> image = mask_->of(first + index);
    mask.observed.insert(mask.observed.end(), image.begin(), image.end());
  }
  return mask;
}

std::vector<std::vector<std::string>> DataSet::classes() const {
  std::vector<std::vector<std::string>> classes = read_classes(class_origin_, sources_);
  if (std::ranges::all_of(classes, [](const auto& names) { return names.empty(); })) {
    fail_without_labels();
  }
  return classes;
}

void DataSet::fail_without_labels() const {
  fail(ErrorKind::kNoInput,
       "data {}: there are no labels; say --labels with a file of them, one for each image, or put "
       "PNG files into one folder for each class",
       name_);
}

bool DataSet::has_labels(Split split) const {
  return has_classes(class_origin_, sources_, part(split).source);
}

Labels DataSet::labels(Split split) const {
  if (!has_labels(split)) fail_without_labels();
  const std::vector<std::vector<std::string>> classes = this->classes();
  const auto source = classes.begin() + part(split).source;
  std::vector<std::string> all;
  std::size_t first = 0;  // of the split's source
  for (auto of_source = classes.begin(); of_source != classes.end(); ++of_source) {
    if (of_source == source) first = all.size();
    all.insert(all.end(), of_source->begin(), of_source->end());
  }
  const Labels of_all = labels_of(all);
  Labels labels{.names = of_all.names, .values = {}};
  for (const std::uint32_t index : part(split).indices) {
    labels.values.push_back(of_all.values[first + index]);
  }
  return labels;
}

DataSet DataSet::of_class(const std::string& name) const {
  DataSet set = *this;
  set.keep_class(name);
  return set;
}

void DataSet::keep_class(const std::string& name) {
  const std::vector<std::vector<std::string>> classes = this->classes();
  std::vector<std::string> all;
  std::string members;  // what the digest is to tell, of each image
  for (const std::vector<std::string>& of_source : classes) {
    all.insert(all.end(), of_source.begin(), of_source.end());
    for (const std::string& own : of_source) members += own == name ? '1' : '0';
  }
  if (members.find('1') == std::string::npos) {
    const std::vector<std::string> names = labels_of(all).names;
    constexpr std::size_t kMostNames = 20;  // in a message
    fail(ErrorKind::kUsage, "class: got {}, but {} has {} classes, {}{}; choose one of them", name,
         name_, names.size(),
         fmt::join(std::span(names).first(std::min(names.size(), kMostNames)), ", "),
         names.size() > kMostNames ? ", …" : "");
  }
  for (Part& part : parts_) {
    const std::vector<std::string>& own = classes[part.source];
    std::erase_if(part.indices,
                  [&](std::uint32_t index) { return own.empty() || own[index] != name; });
  }
  if (count(Split::kTrain) == 0 || count(Split::kValidation) == 0) {
    const bool is_random = part(Split::kTrain).source == part(Split::kValidation).source;
    fail(
        ErrorKind::kData,
        "data {}: of class {} there are {} training and {} validation images, expected at least "
        "one of each; {}, or leave the class out",
        name_, name, count(Split::kTrain), count(Split::kValidation),
        is_random ? "add images of it, or divide anew, --data-seed" : "put images of it into both");
  }
  config_.class_name = name;
  digest_ = sha256(digest_ + "\n" + members + "\n");
}

}  // namespace spvae
