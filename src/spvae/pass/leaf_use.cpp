#include "spvae/pass/leaf_use.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "spvae/core/index.h"
#include "spvae/model/data_units.h"

namespace spvae {
namespace {

constexpr std::size_t kBatch = 256;
constexpr std::size_t kMostRegionsTold = 3;

double mean_entropy(const Spvae& model) {
  const Circuit& circuit = model.circuit();
  if (circuit.sum_nodes() == 0) return 0;
  AlignedVector<double> log_weights(circuit.sum_weights());
  circuit.log_softmax(model.logits(), log_weights);
  double sum = 0;
  for (const double log_weight : log_weights) sum -= std::exp(log_weight) * log_weight;
  return sum / circuit.sum_nodes();
}

}  // namespace

bool LeafUse::is_unused(int leaf) const {
  return shares[index(leaf)] < kUnusedShare / leaves_of_region;
}

int LeafUse::leaves() const { return static_cast<int>(unused.size()) * leaves_of_region; }

int LeafUse::unused_leaves() const { return std::accumulate(unused.begin(), unused.end(), 0); }

LeafUse leaf_use(const Spvae& model, const ImageSet& images, int most, int samples,
                 const NoiseKey& noise, LeafEngine& engine, ThreadPool& pool) {
  const std::size_t all = index(images.count());
  const std::size_t count = std::min(all, index(most));
  std::vector<std::uint32_t> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i * all / count);
  std::vector<double> shares(index(model.circuit().leaves()));
  Batch batch;
  Pass pass;
  for (std::size_t first = 0; first < count; first += kBatch) {
    const std::size_t size = std::min(kBatch, count - first);
    gather_model_batch(model, images, std::span(rows).subspan(first, size), Imputation::kPatchMean,
                       batch, &pool);
    run_pass(model, batch, {.samples = samples, .noise = noise}, engine, pool, pass);
    for (std::size_t leaf = 0; leaf < shares.size(); ++leaf) {
      const auto row =
          pass.responsibilities.begin() + static_cast<std::ptrdiff_t>(leaf * index(batch.stride));
      shares[leaf] += std::accumulate(row, row + static_cast<std::ptrdiff_t>(size), 0.0);
    }
  }
  const int k = model.circuit().k_leaf();
  LeafUse use{.leaves_of_region = k,
              .unused = std::vector<int>(shares.size() / index(k)),
              .sum_entropy = mean_entropy(model)};
  // Of several trees, those that answer for little may work all the same.
  for (auto region = shares.begin(); region != shares.end(); region += k) {
    const double total = std::accumulate(region, region + k, 0.0);
    const bool is_dead = total < kUnusedShare * static_cast<double>(count);
    std::transform(region, region + k, region,
                   [=](double share) { return is_dead ? 0 : share / total; });
  }
  use.shares = std::move(shares);
  for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
    if (use.is_unused(leaf)) ++use.unused[index(leaf / k)];
  }
  return use;
}

std::string unused_text(const LeafUse& use) {
  if (use.unused_leaves() == 0) return "";
  std::vector<std::size_t> regions(use.unused.size());
  std::iota(regions.begin(), regions.end(), 0U);
  std::ranges::sort(regions, [&use](std::size_t a, std::size_t b) {
    return std::pair(-use.unused[a], a) < std::pair(-use.unused[b], b);
  });
  std::vector<std::string> worst;
  for (const std::size_t region : regions) {
    if (use.unused[region] == 0) break;
    if (worst.size() == kMostRegionsTold) {
      worst.emplace_back("…");
      break;
    }
    worst.push_back(
        fmt::format("{} of {} of region {}", use.unused[region], use.leaves_of_region, region));
  }
  return fmt::format("{} of {} leaves are unused: {}", use.unused_leaves(), use.leaves(),
                     fmt::join(worst, ", "));
}

}  // namespace spvae
