#include "spvae/data/mask.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "spvae/core/error.h"
#include "spvae/core/random.h"
#include "spvae/data/find_files.h"
#include "spvae/io/file.h"
#include "spvae/io/npy.h"
#include "spvae/io/png.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

Mask read_array(const fs::path& path, int height, int width, int count) {
  NpyArray<std::uint8_t> array = read_npy<std::uint8_t>(path);
  const std::vector<std::size_t> of_all = {static_cast<std::size_t>(height),
                                           static_cast<std::size_t>(width)};
  const std::vector<std::size_t> of_each = {static_cast<std::size_t>(count), of_all[0], of_all[1]};
  const std::vector<std::size_t> shape = array.shape;
  if (height == 1) {  // of vectors, [V] and [N, V] as well
    if (array.shape.size() == 1) array.shape.insert(array.shape.begin(), 1);
    if (array.shape.size() == 2 && array.shape[0] == of_each[0]) {
      array.shape.insert(array.shape.begin() + 1, 1);
    }
  }
  if (array.shape != of_all && array.shape != of_each) {
    const std::string size =
        height == 1 ? fmt::format("{}", width) : fmt::format("{}, {}", height, width);
    fail(ErrorKind::kData,
         "{}: got a mask of shape ({}), expected ({}) for all {}, or ({}, {}) for each",
         path.string(), fmt::join(shape, ", "), size, height == 1 ? "rows" : "images", count, size);
  }
  const auto bad = std::ranges::find_if(array.values, [](auto value) { return value > 1; });
  if (bad != array.values.end()) {
    fail(ErrorKind::kData,
         "{}: got a mask with the value {}, expected 1 (observed) and 0 (missing)", path.string(),
         *bad);
  }
  return {.height = height, .width = width, .observed = std::move(array.values)};
}

Mask read_picture(const fs::path& path, int height, int width) {
  const Picture png = read_png(path);
  if (png.height != height || png.width != width) {
    fail(ErrorKind::kData, "{}: got a mask of {}×{} pixels, expected {}×{} (height × width)",
         path.string(), png.height, png.width, height, width);
  }
  Mask mask{.height = height, .width = width, .observed = std::vector<std::uint8_t>()};
  const auto channels = static_cast<std::size_t>(png.channels);
  for (std::size_t i = 0; i < png.pixels.size(); i += channels) {
    const auto pixel = std::span(png.pixels).subspan(i, channels);
    const std::uint8_t value = pixel[0];
    if ((value != 0 && value != 255) ||
        std::ranges::any_of(pixel, [value](auto other) { return other != value; })) {
      fail(ErrorKind::kData,
           "{}: pixel {} is neither white nor black, expected white (observed) and black (missing) "
           "alone",
           path.string(), i / channels);
    }
    mask.observed.push_back(value == 255 ? 1 : 0);
  }
  return mask;
}

}  // namespace

std::span<const std::uint8_t> Mask::of(std::size_t image) const {
  return std::span(observed).subspan((count() == 1 ? 0 : image) * pixels(), pixels());
}

Mask load_mask(const fs::path& path, int height, int width, int count) {
  if (ending_of(unpacked_name(path)) == ".npy") return read_array(path, height, width, count);
  if (ending_of(path) == ".png") return read_picture(path, height, width);
  refuse_archive_of_arrays(path, "mask");
  fail(ErrorKind::kUsage, "mask: got '{}', expected a name that ends in .npy or .png",
       path.string());
}

void apply_mask(const Mask& mask, ImageSet& images) {
  assert(mask.height == images.height && mask.width == images.width);
  const auto count = static_cast<std::size_t>(images.count());
  assert(mask.count() == 1 || mask.count() >= count);
  const auto channels = static_cast<std::size_t>(images.channels);
  const auto variables = static_cast<std::size_t>(images.variables());
  if (images.observed.empty()) images.observed.assign(count * variables, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const std::uint8_t> row = mask.of(i);
    for (std::size_t v = 0; v < variables; ++v) {
      images.observed[i * variables + v] &= row[v / channels];
    }
  }
}

Hidden resolved(Hidden hidden, const ImageSet& images) {
  const bool has_plane = images.columns.are_none();
  if (hidden == Hidden::kAuto) {
    if (!images.observed.empty()) return Hidden::kNone;
    return has_plane ? Hidden::kLower : Hidden::kRandom;
  }
  if (!has_plane && hidden != Hidden::kNone && hidden != Hidden::kRandom) {
    fail(ErrorKind::kUsage,
         "hide: got half of a picture, but the data are vectors; choose random or none, or --mask");
  }
  return hidden;
}

void hide_pixels(Hidden hidden, double share, std::uint32_t seed, ImageSet& images) {
  images.observed.resize(images.values.size(), 1);
  const auto is_hidden = [&](std::uint32_t image, int pixel) {
    const int row = pixel / images.width;
    const int column = pixel % images.width;
    switch (hidden) {
      case Hidden::kAuto:
      case Hidden::kNone:
        return false;
      case Hidden::kLower:
        return 2 * row >= images.height;
      case Hidden::kUpper:
        return 2 * row < images.height;
      case Hidden::kLeft:
        return 2 * column < images.width;
      case Hidden::kRight:
        return 2 * column >= images.width;
      case Hidden::kRandom:
        break;
    }
    const RandomAddress address{.seed = seed, .purpose = Purpose::kSampling, .image = image};
    return random_uniform(address, static_cast<std::uint32_t>(pixel)) < share;
  };
  auto flag = images.observed.begin();
  for (const std::uint32_t image : images.indices) {
    for (int v = 0; v < images.variables(); ++v, ++flag) {
      if (is_hidden(image, v / images.channels)) *flag = 0;
    }
  }
}

}  // namespace spvae
