#include "spvae/leaves/leaf_bank.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "spvae/core/random.h"

namespace spvae {

namespace {

MlpStack add_mlp(ParameterLayout& layout, const std::string& name, std::size_t leaves, int inputs,
                 int outputs, const LeafConfig& config) {
  MlpStack stack;
  for (int layer = 0; layer <= config.hidden_layers; ++layer) {
    AffineStack affine;
    affine.inputs = layer == 0 ? inputs : config.hidden;
    affine.outputs = layer == config.hidden_layers ? outputs : config.hidden;
    affine.offset = layout.add(name + "." + std::to_string(layer),
                               {leaves, static_cast<std::size_t>(affine.inputs) + 1,
                                static_cast<std::size_t>(affine.outputs)});
    stack.push_back(affine);
  }
  return stack;
}

std::size_t parameters_per_leaf(const MlpStack& stack) {
  std::size_t count = 0;
  for (const AffineStack& affine : stack) count += affine.stride();
  return count;
}

// Standard deviation of a standard normal variable that is truncated to [−2, 2].
constexpr double kTruncatedDeviation = 0.87962566103423978;

// The double results of two C libraries' log and cos may differ in their last bit. Such a
// difference reaches the float only where the double lies on a rounding boundary to within that
// bit, once in about 2^29 numbers.
void draw_weights(const AffineStack& affine, RandomAddress address, float* weights) {
  const double deviation = std::sqrt(2.0 / affine.inputs) / kTruncatedDeviation;
  for (int input = 0; input < affine.inputs; ++input) {
    address.image = static_cast<std::uint32_t>(input);
    std::uint32_t dimension = 0;
    for (int output = 0; output < affine.outputs; ++output) {
      double normal = random_normal(address, dimension++);
      while (std::abs(normal) > 2) normal = random_normal(address, dimension++);
      *weights++ = static_cast<float>(normal * deviation);
    }
  }
  std::fill_n(weights, affine.outputs, 0.0F);
}

}  // namespace

std::vector<const MlpStack*> LeafGroup::networks() const {
  std::vector<const MlpStack*> result = {&encoder_mean, &encoder_precision};
  for (const MlpStack& decoder : decoders) result.push_back(&decoder);
  return result;
}

LeafBank::LeafBank(const RegionGraph& graph, int k_leaf, const LeafConfig& config,
                   ParameterLayout& layout)
    : config_(config), k_leaf_(k_leaf), parameters_begin_(layout.size()), parameters_end_(0) {
  assert(k_leaf >= 1 && config.hidden >= 1 && config.hidden_layers >= 0 && config.latent >= 1);

  std::map<int, std::vector<int>> leaves_by_pixels;
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    const std::vector<int>& scope = graph.regions()[static_cast<std::size_t>(region)].scope;
    scopes_.emplace_back(scope.begin(), scope.end());
    for (int i = 0; i < k_leaf; ++i) {
      leaves_by_pixels[static_cast<int>(scope.size())].push_back(region * k_leaf + i);
    }
  }

  group_of_.resize(scopes_.size() * static_cast<std::size_t>(k_leaf));
  slot_of_.resize(group_of_.size());
  for (const auto& [pixels, leaves] : leaves_by_pixels) {
    LeafGroup group;
    group.pixels = pixels;
    group.leaves = leaves;
    for (std::size_t slot = 0; slot < leaves.size(); ++slot) {
      const auto leaf = static_cast<std::size_t>(leaves[slot]);
      group_of_[leaf] = static_cast<int>(groups_.size());
      slot_of_[leaf] = static_cast<int>(slot);
    }
    const std::string prefix = "leaves." + std::to_string(groups_.size()) + ".";
    const auto add = [&](const std::string& name, int inputs, int outputs) {
      return add_mlp(layout, prefix + name, leaves.size(), inputs, outputs, config);
    };
    group.encoder_mean = add("encoder_mean", pixels, config.latent);
    group.encoder_precision = add("encoder_precision", pixels, config.latent);
    for (const std::string_view head : likelihood_info(config.likelihood).heads) {
      group.decoders.push_back(add("decoder_" + std::string(head), config.latent, pixels));
    }
    groups_.push_back(std::move(group));
  }
  parameters_end_ = layout.size();
}

std::span<const std::int32_t> LeafBank::scope(int leaf) const {
  return scopes_[static_cast<std::size_t>(leaf / k_leaf_)];
}

std::size_t LeafBank::encoder_parameters() const {
  std::size_t count = 0;
  for (const LeafGroup& group : groups_) {
    count += group.leaves.size() * (parameters_per_leaf(group.encoder_mean) +
                                    parameters_per_leaf(group.encoder_precision));
  }
  return count;
}

void LeafBank::initialise(std::uint32_t seed, std::span<float> parameters) const {
  assert(parameters.size() >= parameters_end_);
  RandomAddress address{.seed = seed, .purpose = Purpose::kParameters};
  for (const LeafGroup& group : groups_) {
    for (const MlpStack* network : group.networks()) {
      for (const AffineStack& affine : *network) {
        float* weights = parameters.data() + affine.offset;
        for (const int leaf : group.leaves) {
          address.leaf = static_cast<std::uint32_t>(leaf);
          draw_weights(affine, address, weights);
          weights += affine.stride();
        }
        ++address.sample;
      }
    }
  }
}

}  // namespace spvae
