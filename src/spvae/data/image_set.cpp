#include "spvae/data/image_set.h"

#include <algorithm>

#include "spvae/core/error.h"

namespace spvae {

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
