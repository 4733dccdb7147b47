#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace spvae {

/// The order in which training meets its images: each epoch is a permutation of its own, addressed
/// by (seed, step = epoch, Purpose::kShuffle), and batches are cut from the permutations laid end
/// to end, so that every batch is full. Any step can be asked for, hence resuming needs no state.
class Shuffle {
 public:
  /// count ≥ 1 images, batch ≥ 1 images a step (assertions).
  Shuffle(std::uint32_t count, std::uint32_t batch, std::uint32_t seed);

  /// The rows of step `step` (0, 1, …): images step·batch … (step + 1)·batch − 1 of the endless
  /// order. Valid until the next call; steps in order cost one permutation an epoch.
  std::span<const std::uint32_t> rows(std::uint64_t step);

 private:
  void enter(std::uint64_t epoch);

  std::uint32_t count_;
  std::uint32_t seed_;
  std::uint64_t epoch_ = 0;
  std::vector<std::uint32_t> order_;  ///< of epoch_
  std::vector<std::uint32_t> rows_;
};

}  // namespace spvae
