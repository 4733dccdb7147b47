#include "spvae/data/preprocess.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

/// What each 8-bit value of one image becomes, q/255.
std::array<float, 256> levels_of(std::span<const std::uint8_t> pixels) {
  const auto [least, greatest] = std::ranges::minmax(pixels);
  std::array<float, 256> levels{};
  const auto range = static_cast<float>(greatest - least);
  for (int value = least + 1; value <= greatest; ++value) {
    const auto above = static_cast<float>(value - least);
    // 255·above is exact, so the quotient is rounded once, and ties are ties.
    levels[static_cast<std::size_t>(value)] = std::rint(255.0f * above / range) / 255.0f;
  }
  return levels;
}

}  // namespace

void prepare_discrete(std::span<const std::uint8_t> pixels, std::span<float> out) {
  assert(!pixels.empty() && pixels.size() == out.size());
  const std::array<float, 256> levels = levels_of(pixels);
  for (std::size_t i = 0; i < pixels.size(); ++i) out[i] = levels[pixels[i]];
}

void prepare_continuous(std::span<const std::uint8_t> pixels, std::uint32_t seed,
                        ImageAddress address, std::span<float> out) {
  assert(!pixels.empty() && pixels.size() == out.size());
  const std::array<float, 256> levels = levels_of(pixels);
  const kernels::Noise noise{
      .seed = seed, .step = 0, .purpose = static_cast<std::uint32_t>(Purpose::kPixelNoise)};
  kernels::table().normals(noise, address.index, address.file, 0, out.size(), out.data());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    float x = levels[pixels[i]] + out[i] / 255.0f;
    x = x < 0.0f ? -x : x;
    out[i] = x > 1.0f ? 2.0f - x : x;
  }
  const auto [least, greatest] = std::ranges::minmax(out);
  const float range = greatest - least;
  for (float& x : out) x = range > 0.0f ? (x - least) / range : 0.0f;
}

}  // namespace spvae
