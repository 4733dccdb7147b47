#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"

namespace spvae {

/// Images that are ready for a model: scaled to [0, 1] and, for continuous models, with their
/// noise.
struct ImageSet {
  int height = 0;
  int width = 0;
  std::vector<float> values;                ///< [N, V], V = height·width; 8-bit data are v/255
  std::vector<std::uint32_t> indices;       ///< [N] index of each image in its source file
  std::vector<std::uint8_t> observed = {};  ///< [N, V] 1 where a pixel is known; empty: all are

  int count() const { return static_cast<int>(indices.size()); }
  int pixels() const { return height * width; }
};

/// Appends images of the same size, or of any size to none.
void append_images(const ImageSet& more, ImageSet& images);

/// The images of some rows, in their order.
ImageSet images_of_rows(const ImageSet& images, std::span<const std::size_t> rows);

/// How many pixels of an image are observed, on average over the images.
double mean_observed_pixels(const ImageSet& images);

/// Keeps the first `count` images, or all if there are no more.
void keep_first(ImageSet& images, int count);

/// Error(kData) where there are no images, their size is not height × width, or a pixel is not in
/// [0, 1]: names the image.
void check_images(const ImageSet& images, int height, int width);

}  // namespace spvae
