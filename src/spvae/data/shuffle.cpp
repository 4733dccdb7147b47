#include "spvae/data/shuffle.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "spvae/core/random.h"
#include "spvae/data/permutation.h"

namespace spvae {

Shuffle::Shuffle(std::uint32_t count, std::uint32_t batch, std::uint32_t seed)
    : count_(count), seed_(seed), rows_(batch) {
  assert(count >= 1 && batch >= 1);
}

std::span<const std::uint32_t> Shuffle::rows(std::uint64_t step) {
  std::uint64_t position = step * rows_.size();
  for (std::size_t done = 0; done < rows_.size();) {
    enter(position / count_);
    const std::size_t first = position % count_;
    const std::size_t length = std::min(rows_.size() - done, count_ - first);
    std::copy_n(order_.data() + first, length, rows_.data() + done);
    done += length;
    position += length;
  }
  return rows_;
}

void Shuffle::enter(std::uint64_t epoch) {
  if (epoch == epoch_ && !order_.empty()) return;
  assert(epoch <= std::numeric_limits<std::uint32_t>::max());
  order_ = random_permutation(
      {.seed = seed_, .step = static_cast<std::uint32_t>(epoch), .purpose = Purpose::kShuffle},
      count_);
  epoch_ = epoch;
}

}  // namespace spvae
