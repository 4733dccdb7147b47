#pragma once

#include <array>
#include <cstdint>

namespace spvae {

/// What a random number is for; part of its address. The values are part of the file format.
enum class Purpose : std::uint8_t {
  kTraining = 0,    ///< latent noise of a training step
  kValidation = 1,  ///< latent noise of validation, the same at every check
  kEvaluation = 2,  ///< latent noise of a reported log-likelihood
  kSampling = 3,    ///< samples of the model: induced tree, latent codes, pixels
  kParameters = 4,  ///< initial parameters
  kShuffle = 5,     ///< order of the training images
  kSplit = 6,       ///< division of a data set
  kPixelNoise = 7,  ///< continuous noise added to 8-bit pixels
  kTuning = 8,      ///< choice of a grid's points
  kStructure = 9,   ///< divisions of a random region graph
  kBinarise = 10,   ///< choice between 0 and 1 by an 8-bit pixel
  kThinning = 11,   ///< choice of the importance samples that give a gradient
  kPilot = 12,      ///< latent noise of the samples that better proposals are made from
};

/// The address of a stream of random numbers. Numbers are addressed, not drawn: a value depends on
/// its address and its dimension alone, whatever was computed before (docs/checkpoint.md).
struct RandomAddress {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  Purpose purpose = Purpose::kTraining;
  std::uint32_t image = 0;  ///< index in the image's source file
  std::uint32_t leaf = 0;
  std::uint32_t sample = 0;
};

/// Philox4x32-10 (Salmon et al., SC 2011), checked against Random123.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// Four random words: dimensions 4·block … 4·block + 3 of the address. Counter: {purpose·2^24 +
/// block, sample, leaf, image}, key: {seed, step}; block < 2^24.
std::array<std::uint32_t, 4> random_words(const RandomAddress& address, std::uint32_t block);

/// Word number `dimension` of the address.
std::uint32_t random_word(const RandomAddress& address, std::uint32_t dimension);

/// Uniform in [0, 1): (word >> 8) · 2^-24.
double random_uniform(const RandomAddress& address, std::uint32_t dimension);

/// Uniform in {0, …, bound − 1}, bound ≥ 1: (word · bound) >> 32.
std::uint32_t random_below(const RandomAddress& address, std::uint32_t dimension,
                           std::uint32_t bound);

/// Standard normal by Box-Muller in double precision: words (2j, 2j + 1) of the address give
/// dimensions (2j, 2j + 1): radius √(−2 ln(((w₀ >> 8) + 1)·2^-24)), angle 2π·(w₁ >> 8)·2^-24,
/// cosine first. The kernels compute the same in float32 (kernels::Table::normals).
double random_normal(const RandomAddress& address, std::uint32_t dimension);

}  // namespace spvae
