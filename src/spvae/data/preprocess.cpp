#include "spvae/data/preprocess.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <vector>

#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

/// The least and the greatest observed value.
template <class T>
struct Range {
  bool exists = false;
  T least = 0;
  T greatest = 0;
};

template <class T>
Range<T> range_of(std::span<const T> values, std::span<const std::uint8_t> observed) {
  Range<T> range;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!observed.empty() && observed[i] == 0) continue;
    range.least = range.exists ? std::min(range.least, values[i]) : values[i];
    range.greatest = range.exists ? std::max(range.greatest, values[i]) : values[i];
    range.exists = true;
  }
  return range;
}

/// What each 8-bit value of one image becomes, q/255.
std::array<float, 256> stretched_levels(const Range<std::uint8_t>& range) {
  std::array<float, 256> levels{};
  if (range.least == range.greatest) return levels;
  const auto width = static_cast<float>(range.greatest - range.least);
  for (int value = range.least + 1; value < 256; ++value) {
    const auto above = static_cast<float>(std::min<int>(value, range.greatest) - range.least);
    // 255·above is exact, so the quotient is rounded once, and ties are ties.
    levels[static_cast<std::size_t>(value)] = std::rint(255.0f * above / width) / 255.0f;
  }
  return levels;
}

void stretch(std::span<float> values, std::span<const std::uint8_t> observed) {
  const Range<float> range = range_of(std::span<const float>(values), observed);
  const float width = range.greatest - range.least;
  for (float& x : values) {
    x = width > 0.0f ? std::clamp((x - range.least) / width, 0.0f, 1.0f) : 0.0f;
  }
}

void binarise(const Preparation& preparation, ImageAddress address, std::span<float> values) {
  if (preparation.binarise == Binarise::kNone) return;
  const RandomAddress stream{.seed = preparation.seed,
                             .purpose = Purpose::kBinarise,
                             .image = address.index,
                             .leaf = address.file};
  constexpr std::size_t kWords = 4;
  std::array<std::uint32_t, kWords> words{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto level = static_cast<std::uint32_t>(std::lrint(255.0f * values[i]));
    bool is_one = level >= 128;
    if (preparation.binarise == Binarise::kSample) {
      const std::size_t word = i % kWords;
      if (word == 0) words = random_words(stream, static_cast<std::uint32_t>(i / kWords));
      is_one = (words[word] >> 8) * std::uint64_t{255} < std::uint64_t{level} << 24;
    }
    values[i] = is_one ? 1.0f : 0.0f;
  }
}

/// Adds the noise, if there is any, to the values that `out` holds.
void finish(std::span<const std::uint8_t> observed, const Preparation& preparation,
            ImageAddress address, std::span<float> out) {
  if (!preparation.noise) return;
  const kernels::Noise noise{.seed = preparation.seed,
                             .step = 0,
                             .purpose = static_cast<std::uint32_t>(Purpose::kPixelNoise)};
  const std::vector<float> base(out.begin(), out.end());
  kernels::table().normals(noise, address.index, address.file, 0, out.size(), out.data());
  for (std::size_t i = 0; i < out.size(); ++i) {
    float x = base[i] + out[i] / 255.0f;
    x = x < 0.0f ? -x : x;
    out[i] = x > 1.0f ? 2.0f - x : x;
  }
  if (preparation.stretch) stretch(out, observed);
}

/// 8-bit values, stretched or not, without noise.
void set_base(std::span<const std::uint8_t> pixels, std::span<const std::uint8_t> observed,
              bool is_stretched, std::span<float> out) {
  if (is_stretched) {
    const std::array<float, 256> levels = stretched_levels(range_of(pixels, observed));
    for (std::size_t i = 0; i < pixels.size(); ++i) out[i] = levels[pixels[i]];
  } else {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      out[i] = static_cast<float>(pixels[i]) / 255.0f;
    }
  }
}

void set_base(std::span<const float> pixels, std::span<const std::uint8_t> observed,
              bool is_stretched, std::span<float> out) {
  std::ranges::copy(pixels, out.begin());
  if (is_stretched) stretch(out, observed);
}

template <class T>
void prepare_pixels(std::span<const T> pixels, const PixelFlags& flags,
                    const Preparation& preparation, ImageAddress address, std::span<float> out) {
  const std::span<const std::uint8_t> observed = flags.observed;
  assert(!pixels.empty() && pixels.size() == out.size());
  assert(observed.empty() || observed.size() == out.size());
  assert(flags.known.empty() || flags.known.size() == out.size());
  const auto prepare_by = [&](std::span<const std::uint8_t> pixels_that_count,
                              std::span<float> values) {
    set_base(pixels, pixels_that_count, preparation.stretch, values);
    binarise(preparation, address, values);
    finish(pixels_that_count, preparation, address, values);
  };
  prepare_by(observed, out);
  const Range<T> range = range_of(pixels, observed);
  const bool has_scale = range.exists && range.least < range.greatest;
  if (!preparation.stretch || observed.empty() || has_scale) return;
  std::vector<float> whole(out.size());
  prepare_by(flags.known, whole);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (observed[i] == 0) out[i] = whole[i];
  }
}

}  // namespace

void prepare(std::span<const std::uint8_t> pixels, const PixelFlags& flags,
             const Preparation& preparation, ImageAddress address, std::span<float> out) {
  prepare_pixels(pixels, flags, preparation, address, out);
}

void prepare(std::span<const float> pixels, const PixelFlags& flags, const Preparation& preparation,
             ImageAddress address, std::span<float> out) {
  prepare_pixels(pixels, flags, preparation, address, out);
}

void prepare_discrete(std::span<const std::uint8_t> pixels, std::span<float> out) {
  prepare(pixels, {}, {.noise = false}, {}, out);
}

void prepare_continuous(std::span<const std::uint8_t> pixels, std::uint32_t seed,
                        ImageAddress address, std::span<float> out) {
  prepare(pixels, {}, {.seed = seed}, address, out);
}

}  // namespace spvae
