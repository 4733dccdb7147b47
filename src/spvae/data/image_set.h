#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "spvae/data/columns.h"

namespace spvae {

/// Images that are ready for a model: scaled to [0, 1] and, for continuous models, with their
/// noise. Their variables are the channels of the pixels, [height, width, channels]. Or vectors of
/// any numbers, as 1 × V pixels without a plane, whose variables are `columns`.
struct ImageSet {
  int height = 0;
  int width = 0;
  int channels = 1;                           ///< 1: gray; 3: red, green, blue
  std::vector<float> values;                  ///< [N, V]; 8-bit data are v/255
  std::vector<std::uint32_t> indices;         ///< [N] index of each image in its source file
  std::vector<std::uint8_t> observed = {};    ///< [N, V] 1 where a value is known; empty: all are
  Columns columns = {};                       ///< of vectors, in whose units the values are
  std::vector<std::uint32_t> addresses = {};  ///< [N] of the images' noise; empty: the indices

  int count() const { return static_cast<int>(indices.size()); }
  int variables() const { return height * width * channels; }  ///< V
};

/// An array's shape of `leading` and, behind it, that of an image: height, width and, in colour, 3;
/// or that of a vector, V.
std::vector<std::size_t> array_shape(const ImageSet& images, std::vector<std::size_t> leading);

/// Appends images of the same size, or of any size to none.
void append_images(const ImageSet& more, ImageSet& images);

/// [N] where the latent noise of each image is found: RandomAddress::image.
std::span<const std::uint32_t> noise_addresses(const ImageSet& images);

/// Addresses the noise of each image by its values and what of them is observed: equal images are
/// then answered alike, whatever their order and whatever stands beside them.
void address_by_content(ImageSet& images);

/// The images of some rows, in their order.
ImageSet images_of_rows(const ImageSet& images, std::span<const std::size_t> rows);

/// How many variables of an image are observed, on average over the images.
double mean_observed_variables(const ImageSet& images);

/// [height · width] 1 for pixels of which no image has all channels; empty: there is none.
std::vector<std::uint8_t> unseen_pixels(const ImageSet& images);

/// How many of the pixels that are marked [height · width] any image has; 0 where none is marked.
int count_observed(std::span<const std::uint8_t> marked, const ImageSet& images);

/// The columns of vectors, scaled by the mean and the standard deviation of what is observed of
/// each. Error(kData), naming the column, where nothing is or all values are the same.
Columns standardised_columns(const ImageSet& vectors);

/// Keeps the first `count` images, or all if there are no more.
void keep_first(ImageSet& images, int count);

/// Keeps `count` of the images, evenly spread over their order, or all if they are fewer.
void keep_evenly(ImageSet& images, int count);

/// Error(kData) where there are no images, they are not height × width pixels of so many channels,
/// or a value is not in [0, 1]: names the image. Of vectors: unless their columns are of these
/// names (any, where the vectors' are numbered_columns) and values are finite.
void check_images(const ImageSet& images, int height, int width, int channels,
                  const Columns& columns = {});

}  // namespace spvae
