#include "spvae/train/split_leaves.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "spvae/core/index.h"
#include "spvae/core/random.h"
#include "spvae/leaves/priors.h"

namespace spvae {
namespace {

// Of a prior's deviations: how far twins' means are set apart, each to its side.
constexpr double kPriorNoise = 0.25;
// Of a weight: the same.
constexpr double kWeightNoise = 0.05;

/// One unused leaf and the busy one that it becomes the twin of.
struct Twins {
  int unused;
  int busy;
};

/// Weights of sums over one leaf, beside those of the same sums over the other.
struct WeightPair {
  std::size_t unused;
  std::size_t busy;
};

/// Of all sums that weigh products of the unused leaf, or the leaf itself.
std::vector<WeightPair> weight_pairs(const Spvae& model, const Twins& twins) {
  const Circuit& circuit = model.circuit();
  const auto partner = [&twins](int node) { return node == twins.unused ? twins.busy : node; };
  std::vector<WeightPair> pairs;
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    for (int b = 0; b < circuit.branches(sum); ++b) {
      const Circuit::Branch branch = circuit.branch(sum, b);
      if (branch.left != twins.unused && branch.right != twins.unused) continue;
      for (int other = 0; other < circuit.branches(sum); ++other) {
        const Circuit::Branch of = circuit.branch(sum, other);
        if (of.left != partner(branch.left) || of.right != partner(branch.right)) continue;
        const std::size_t first = model.leaves().parameters_end() + circuit.first_weight(sum);
        pairs.push_back({first + index(b), first + index(other)});
      }
    }
  }
  return pairs;
}

/// Calls visit(first, count) for each stretch of the parameters that are an expert's own.
template <class Visit>
void for_each_stretch(const LeafBank& leaves, int expert, const Visit& visit) {
  const LeafGroup& group = leaves.groups()[index(leaves.group_of(expert))];
  const int slot = leaves.slot_of(expert);
  for (const NetworkStack* network : group.networks.all()) {
    for (const LayerStack& layer : *network) {
      if (!layer.is_shared()) visit(layer.at(slot), layer.size());
    }
  }
}

class Splitter {
 public:
  Splitter(const Spvae& model, std::uint32_t seed, std::uint32_t step, std::span<float> parameters,
           const std::vector<std::span<float>>& moments)
      : model_(model),
        leaves_(model.leaves()),
        // Of the initial parameters the step is 0.
        address_{.seed = seed, .step = step, .purpose = Purpose::kParameters},
        parameters_(parameters),
        moments_(moments) {}

  void split(const Twins& twins) {
    address_.leaf = static_cast<std::uint32_t>(twins.unused);
    halve_weights(twins);
    split_prior(twins);
    if (leaves_.expert_of(twins.unused) != leaves_.expert_of(twins.busy)) split_expert(twins);
  }

 private:
  void halve_weights(const Twins& twins) {
    for (const auto& [unused, busy] : weight_pairs(model_, twins)) {
      parameters_[busy] -= std::numbers::ln2_v<float>;
      parameters_[unused] = parameters_[busy];
      for (const std::span<float> moment : moments_) moment[unused] = moment[busy];
    }
  }

  void split_prior(const Twins& twins) {
    const std::span<float> unused = leaves_.prior_part(parameters_, twins.unused);
    const std::span<float> busy = leaves_.prior_part(parameters_, twins.busy);
    const std::size_t latent = busy.size() / 2;  // 0 of N(0, I)
    const std::vector<double> scale =
        leaf_prior(std::vector<double>(busy.begin(), busy.end()), leaves_.config().latent).scale;
    std::ranges::copy(busy, unused.begin());
    for (std::size_t d = 0; d < latent; ++d) {
      const auto shift = static_cast<float>(kPriorNoise * scale[d] *
                                            random_normal(address_, static_cast<std::uint32_t>(d)));
      unused[d] += shift;
      busy[d] -= shift;
    }
    for (const std::span<float> moment : moments_) {
      std::ranges::copy(leaves_.prior_part(moment, twins.busy),
                        leaves_.prior_part(moment, twins.unused).begin());
    }
  }

  void split_expert(const Twins& twins) {
    std::vector<std::size_t> to;
    for_each_stretch(leaves_, leaves_.expert_of(twins.unused),
                     [&](std::size_t first, std::size_t) { to.push_back(first); });
    std::size_t number = 0;
    for_each_stretch(leaves_, leaves_.expert_of(twins.busy),
                     [&](std::size_t first, std::size_t count) {
                       address_.sample = static_cast<std::uint32_t>(number + 1);
                       for (std::size_t i = 0; i < count; ++i) {
                         const float busy = parameters_[first + i];
                         const auto shift = static_cast<float>(
                             kWeightNoise * random_normal(address_, static_cast<std::uint32_t>(i)));
                         parameters_[to[number] + i] = busy * (1 + shift);
                         parameters_[first + i] = busy * (1 - shift);
                         for (const std::span<float> moment : moments_) {
                           moment[to[number] + i] = moment[first + i];
                         }
                       }
                       ++number;
                     });
    address_.sample = 0;
  }

  const Spvae& model_;
  const LeafBank& leaves_;
  RandomAddress address_;
  std::span<float> parameters_;
  const std::vector<std::span<float>>& moments_;
};

}  // namespace

int split_busy_leaves(const Spvae& model, const LeafUse& use, std::uint32_t seed,
                      std::uint32_t step, std::span<float> parameters,
                      const std::vector<std::span<float>>& moments) {
  const LeafBank& leaves = model.leaves();
  Splitter splitter(model, seed, step, parameters, moments);
  LeafUse now = use;
  int split = 0;
  for (int unused = 0; unused < leaves.leaves(); ++unused) {
    if (!use.is_unused(unused)) continue;
    const int first = unused / use.leaves_of_region * use.leaves_of_region;
    // An expert of several leaves cannot become another's twin.
    const auto can_be_twin = [&](int leaf) {
      return leaves.leaves_of_expert() == 1 || leaves.expert_of(leaf) == leaves.expert_of(unused);
    };
    int busy = -1;
    for (int leaf = first; leaf < first + use.leaves_of_region; ++leaf) {
      if (leaf == unused || !can_be_twin(leaf)) continue;
      if (busy < 0 || now.shares[index(leaf)] > now.shares[index(busy)]) busy = leaf;
    }
    if (busy < 0 || now.is_unused(busy)) continue;
    splitter.split({unused, busy});
    now.shares[index(busy)] /= 2;
    now.shares[index(unused)] = now.shares[index(busy)];
    ++split;
  }
  return split;
}

}  // namespace spvae
