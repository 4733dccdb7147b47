#include "spvae/data/source_pixels.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/data/colour.h"

namespace spvae {
namespace {

/// 8-bit levels of values that are multiples of 1/255 or of 1/steps, as far as floats can be;
/// missing ones are 0.
std::vector<std::uint8_t> levels_of(const std::filesystem::path& file,
                                    std::span<const float> values, int steps, std::size_t size,
                                    int channels) {
  constexpr float kTolerance = 1e-3f / 255.0f;
  const auto is_multiple = [](float x, int parts) {
    const float scaled = static_cast<float>(parts) * x;
    return std::abs(scaled - std::rint(scaled)) <= kTolerance * static_cast<float>(parts);
  };
  std::vector<std::uint8_t> levels(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    double level = std::rint(255.0f * values[i]);
    if (is_multiple(values[i], steps)) {
      level = std::rint(255.0 * std::rint(static_cast<float>(steps) * values[i]) / steps);
    } else if (!is_multiple(values[i], 255)) {
      fail(
          ErrorKind::kData,
          "{}: pixel {} of image {} is {}, which is no multiple of 1/255, but the likelihood is of "
          "8-bit pixels; choose gaussian, or round the values",
          file.string(), i % size / static_cast<std::size_t>(channels), i / size, values[i]);
    }
    levels[i] = static_cast<std::uint8_t>(level);
  }
  return levels;
}

/// Of images that are one after another, [N, from] → [N, to].
template <class T>
std::vector<T> in_channels(std::vector<T> values, int from, int to) {
  if (from == to) return values;
  std::vector<T> result(values.size() / static_cast<std::size_t>(from) *
                        static_cast<std::size_t>(to));
  convert_channels<T>(values, from, to, result);
  return result;
}

/// Which values [N, from] are known, of [N, to]; of a colour with a missing channel, gray is not.
std::vector<std::uint8_t> observed_in_channels(std::span<const float> values, int from, int to) {
  std::vector<std::uint8_t> known(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) known[i] = std::isnan(values[i]) ? 0 : 1;
  if (from <= to) return in_channels(std::move(known), from, to);
  const auto channels = static_cast<std::size_t>(from);
  for (std::size_t pixel = 0; pixel < known.size() / channels; ++pixel) {
    known[pixel] = *std::min_element(&known[pixel * channels], &known[pixel * channels] + channels);
  }
  known.resize(known.size() / channels);
  return known;
}

}  // namespace

SourcePixels read_pixels(const ImageSource& source, std::uint32_t count,
                         const PixelOptions& options, ThreadPool& pool,
                         const LoadObserver& observer) {
  const int channels = options.channels;
  if (!source.is_float()) return {.bytes = source.read_bytes(count, channels, pool, observer)};
  SourcePixels pixels;
  std::vector<float> floats = source.read_floats(count, options.takes_nan);
  const auto is_nan = [](float value) { return std::isnan(value); };
  if (std::ranges::any_of(floats, is_nan)) {
    pixels.observed = observed_in_channels(floats, source.channels(), channels);
    std::ranges::replace_if(floats, is_nan, 0.0f);
  }
  if (options.values > 0 && source.columns().empty()) {
    const std::size_t size = floats.size() / count;
    pixels.bytes = in_channels(
        levels_of(source.files().front(), floats, options.values - 1, size, source.channels()),
        source.channels(), channels);
  } else {
    pixels.floats = in_channels(std::move(floats), source.channels(), channels);
  }
  return pixels;
}

}  // namespace spvae
