#include "spvae/core/random.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace spvae {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;  // √3 − 1
constexpr int kRounds = 10;

constexpr std::uint32_t kMaxBlocks = 1u << 24;
constexpr double kTwoToMinus24 = 1.0 / 16777216.0;

std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1),
               high(product0) ^ counter[3] ^ key[1], low(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

std::array<std::uint32_t, 4> random_words(const RandomAddress& address, std::uint32_t block) {
  assert(block < kMaxBlocks);
  const std::uint32_t purpose = static_cast<std::uint32_t>(address.purpose) << 24;
  return philox4x32({purpose + block, address.sample, address.leaf, address.image},
                    {address.seed, address.step});
}

std::uint32_t random_word(const RandomAddress& address, std::uint32_t dimension) {
  return random_words(address, dimension / 4)[dimension % 4];
}

double random_uniform(const RandomAddress& address, std::uint32_t dimension) {
  return (random_word(address, dimension) >> 8) * kTwoToMinus24;
}

std::uint32_t random_below(const RandomAddress& address, std::uint32_t dimension,
                           std::uint32_t bound) {
  assert(bound >= 1);
  return high(std::uint64_t{random_word(address, dimension)} * bound);
}

double random_normal(const RandomAddress& address, std::uint32_t dimension) {
  const std::array<std::uint32_t, 4> words = random_words(address, dimension / 4);
  const std::uint32_t pair = dimension % 4 / 2 * 2;
  // The + 1 keeps the logarithm finite: its argument is in (0, 1].
  const double radius = std::sqrt(-2.0 * std::log(((words[pair] >> 8) + 1) * kTwoToMinus24));
  const double angle = 2.0 * std::numbers::pi * ((words[pair + 1] >> 8) * kTwoToMinus24);
  return radius * (dimension % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

}  // namespace spvae
