#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace spvae {

/// No source holds more images: they are permuted at once.
inline constexpr std::uint32_t kMaxImages = 1u << 26;

/// What a .npy file of images holds: [N, H, W], [N, 1, H, W] or [N, H, W, 1]; [N, H, W, 3] of
/// colours; or [N, V] of square images.
struct ImageArray {
  std::uint32_t count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;
  std::uint64_t size = 0;  ///< of the content, in bytes
  bool is_float = false;   ///< float32 or float64; else uint8
};

/// By its header. Throws as read_npy_header; Error(kData), with what to do, for arrays of other
/// shapes and types: of whole numbers by the range of those that the file holds.
ImageArray read_image_array_header(const std::filesystem::path& file);

/// The values of a file of floating-point numbers, doubles rounded. Throws as read_npy;
/// Error(kData) for a value outside [0, 1] (NaN too, unless `takes_nan`): names the image, and says
/// what to do by the range of all.
std::vector<float> read_image_array_floats(const std::filesystem::path& file, bool takes_nan);

}  // namespace spvae
