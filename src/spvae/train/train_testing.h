#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "spvae/data/image_set.h"
#include "spvae/model/spvae.h"
#include "spvae/train/run_config.h"

/// For tests: images and models so small that the reference engine trains them in no time.
namespace spvae::testing {

inline constexpr int kSide = 6;

/// A bright bar at a place that depends on the image, over a slope: 8-bit pixels [count, 36].
inline std::vector<std::uint8_t> bar_pixels(int count) {
  std::vector<std::uint8_t> pixels;
  for (int image = 0; image < count; ++image) {
    for (int row = 0; row < kSide; ++row) {
      for (int column = 0; column < kSide; ++column) {
        const bool is_bar = column == image % kSide || row == image / kSide % kSide;
        pixels.push_back(static_cast<std::uint8_t>(is_bar ? 255 - image % 7 : 8 * row + column));
      }
    }
  }
  return pixels;
}

/// Images first … first + count − 1 of bar_pixels, over 255.
inline ImageSet bar_images(int first, int count) {
  ImageSet images{.height = kSide, .width = kSide, .values = {}, .indices = {}};
  const std::vector<std::uint8_t> pixels = bar_pixels(first + count);
  for (int i = 0; i < count; ++i) images.indices.push_back(static_cast<std::uint32_t>(first + i));
  for (auto i = static_cast<std::size_t>(first * kSide * kSide); i < pixels.size(); ++i) {
    images.values.push_back(static_cast<float>(pixels[i]) / 255.0f);
  }
  return images;
}

/// A run's keys for those images.
inline Json small_run(const char* engine = "reference") {
  return {{"delta", 3},      {"hidden", 5},
          {"latent", 2},     {"samples", 3},
          {"batch", 10},     {"validate-every", 4},
          {"max-steps", 18}, {"patience", 100},
          {"threads", 1},    {"likelihood", "gaussian"},
          {"engine", engine}};
}

/// The config of those keys, with the images' size.
inline RunConfig small_config(const Json& changes = Json::object()) {
  Json keys = small_run();
  keys.update(changes);
  RunConfig config = run_config(keys);
  config.model.height = kSide;
  config.model.width = kSide;
  return config;
}

}  // namespace spvae::testing
