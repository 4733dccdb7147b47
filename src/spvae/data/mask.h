#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "spvae/data/image_set.h"

namespace spvae {

/// Which pixels of images are observed, with all of their channels.
struct Mask {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> observed;  ///< [1 or N, height, width] 1 where a pixel is known

  std::size_t pixels() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  std::size_t count() const { return observed.size() / pixels(); }
  /// Of image `image`; a mask of one image is that of all.
  std::span<const std::uint8_t> of(std::size_t image) const;
};

/// Reads a mask for `count` images of height × width from .npy (bool, or uint8 of 0 and 1; [H, W]
/// for all images, or [count, H, W]; of vectors [V] or [count, V]; 1 is observed) or PNG (for all;
/// white is observed, black missing). An array may be packed, with .gz or .xz behind its name.
/// Everything or nothing may be missing. Error(kData) for another shape or other values, and for
/// .npz; Error(kUsage) for a file of another name; else as read_npy and read_png.
Mask load_mask(const std::filesystem::path& path, int height, int width, int count);

/// Marks pixels of prepared images as missing, beside those that are; image i by the mask's i.
/// The images' size is the mask's, and there are no more than it is for (assertion).
void apply_mask(const Mask& mask, ImageSet& images);

/// Which pixels of each image to hide: a half, or some at random. kAuto: none if some are missing
/// already, else the lower half, or, of vectors, random ones.
enum class Hidden {
  kAuto = 0,
  kNone = 1,
  kLower = 2,
  kUpper = 3,
  kLeft = 4,
  kRight = 5,
  kRandom = 6
};

/// What kAuto means for `images`. Error(kUsage) for half of a vector.
Hidden resolved(Hidden hidden, const ImageSet& images);

/// Marks pixels as missing, beside those that are; kRandom: each with probability `share`, by
/// (seed, image's number, pixel). `hidden` is resolved.
void hide_pixels(Hidden hidden, double share, std::uint32_t seed, ImageSet& images);

}  // namespace spvae
