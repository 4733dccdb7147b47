#include "spvae/data/image_set.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "spvae/core/error.h"

namespace spvae {

void append_images(const ImageSet& more, ImageSet& images) {
  if (images.indices.empty()) {
    images = more;
    return;
  }
  assert(more.height == images.height && more.width == images.width);
  if (!more.observed.empty() || !images.observed.empty()) {
    images.observed.resize(images.values.size(), 1);
    images.observed.insert(images.observed.end(), more.observed.begin(), more.observed.end());
    images.observed.resize(images.values.size() + more.values.size(), 1);
  }
  images.values.insert(images.values.end(), more.values.begin(), more.values.end());
  images.indices.insert(images.indices.end(), more.indices.begin(), more.indices.end());
}

ImageSet images_of_rows(const ImageSet& images, std::span<const std::size_t> rows) {
  ImageSet chosen{.height = images.height, .width = images.width, .values = {}, .indices = {}};
  const auto pixels = static_cast<std::size_t>(images.pixels());
  const auto append = [&](const auto& from, auto& to, std::size_t row) {
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(row * pixels);
    to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(pixels));
  };
  for (const std::size_t row : rows) {
    append(images.values, chosen.values, row);
    if (!images.observed.empty()) append(images.observed, chosen.observed, row);
    chosen.indices.push_back(images.indices[row]);
  }
  return chosen;
}

double mean_observed_pixels(const ImageSet& images) {
  if (images.observed.empty()) return images.pixels();
  const auto all = std::accumulate(images.observed.begin(), images.observed.end(), std::size_t{0});
  return static_cast<double>(all) / images.count();
}

void keep_first(ImageSet& images, int count) {
  const auto kept = static_cast<std::size_t>(std::min(count, images.count()));
  images.indices.resize(kept);
  const std::size_t values = kept * static_cast<std::size_t>(images.pixels());
  images.values.resize(values);
  if (!images.observed.empty()) images.observed.resize(values);
}

void check_images(const ImageSet& images, int height, int width) {
  if (images.count() == 0) fail(ErrorKind::kData, "there are no images");
  if (images.height != height || images.width != width) {
    fail(ErrorKind::kData,
         "images are {}×{} pixels, but the model is of {}×{} (height × width); give images of that "
         "size",
         images.height, images.width, height, width);
  }
  // A NaN fails this comparison too.
  const auto bad = std::find_if_not(images.values.begin(), images.values.end(),
                                    [](float value) { return value >= 0.0f && value <= 1.0f; });
  if (bad == images.values.end()) return;
  const auto place = static_cast<std::size_t>(bad - images.values.begin());
  const auto pixels = static_cast<std::size_t>(images.pixels());
  fail(ErrorKind::kData, "image {}: pixel {} is {}, expected a value in [0, 1]",
       images.indices[place / pixels], place % pixels, *bad);
}

}  // namespace spvae
