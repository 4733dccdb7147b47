#include "spvae/leaves/leaf_kernel.h"

#include <algorithm>

#include "spvae/core/index.h"

namespace spvae {
namespace {

// Weights from this many floats on are packed: beyond, a column of a register block is spread over
// more pages and cache lines than a core keeps at hand.
constexpr std::size_t kLargeLayer = 65536;

GroupPlan plan_group(const LeafGroup& group, LeafPlan& all) {
  GroupPlan plan{&group, {}};
  std::size_t shared = 0;
  const LeafNetworks& networks = group.networks;
  const bool has_trunk = !networks.encoder_trunk.empty();
  for (const NetworkStack* network : networks.all()) {
    const bool reads_image =
        has_trunk ? network == &networks.encoder_trunk
                  : network == &networks.encoder_mean || network == &networks.encoder_precision;
    for (std::size_t i = 0; i < network->size(); ++i) {
      const LayerStack& stack = (*network)[i];
      PlannedLayer layer{
          stack,  LayerWiring(stack),      stack.size() >= kLargeLayer, all.packed_floats,
          shared, !(reads_image && i == 0)};
      if (layer.packed)
        all.packed_floats += (stack.is_shared() ? 1 : group.experts.size()) * stack.size();
      if (stack.is_shared()) shared += stack.size();
      plan.layers.push_back(std::move(layer));
    }
  }
  all.shared_floats = std::max(all.shared_floats, shared);
  return plan;
}

}  // namespace

LeafPlan::LeafPlan(const LeafBank& bank) {
  for (const LeafGroup& group : bank.groups()) {
    groups.push_back(plan_group(group, *this));
  }
}

PreparedParameters::PreparedParameters(const LeafBank& bank, const LeafPlan& plan, ThreadPool& pool)
    : bank_(bank), pool_(pool), panels_(plan.packed_floats) {
  if (bank.config().priors == Priors::kLearned) {
    priors_.resize(index(bank.leaves()) * index(kernels::prior_floats(bank.config().latent)));
  }
  for (const GroupPlan& group : plan.groups) {
    for (const PlannedLayer& layer : group.layers) {
      if (!layer.packed) continue;
      const int slices =
          layer.stack.is_shared() ? 1 : static_cast<int>(group.group->experts.size());
      for (int slot = 0; slot < slices; ++slot) {
        tasks_.push_back(
            {&layer.stack, layer.stack.at(slot), layer.packed_offset + layer.stack.slice(slot)});
      }
    }
  }
}

void PreparedParameters::update(std::span<const float> parameters) {
  pool_.run(static_cast<int>(tasks_.size()), [&](int i, int) {
    const Task& task = tasks_[index(i)];
    kernels::table().pack(parameters.data() + task.from, task.layer->inputs + 1,
                          task.layer->outputs, panels_.data() + task.to);
  });
  if (!priors_.empty()) {
    pool_.run(bank_.experts(), [&](int expert, int) {
      const int count = bank_.leaves_of_expert();
      const int latent = bank_.config().latent;
      for (int leaf = expert * count; leaf < (expert + 1) * count; ++leaf) {
        kernels::table().prepare_prior(
            bank_.prior_part(parameters, leaf).data(), latent,
            priors_.data() + index(leaf) * index(kernels::prior_floats(latent)));
      }
    });
  }
  const auto own = bank_.likelihood_part(parameters);
  likelihood_parameters_.assign(own.begin(), own.end());
  const auto table = spvae::likelihood_table(bank_.config().likelihood, likelihood_parameters_);
  likelihood_table_.assign(table.begin(), table.end());
}

const float* PreparedParameters::prior(int leaf) const {
  if (priors_.empty()) return nullptr;
  return priors_.data() + index(leaf) * index(kernels::prior_floats(bank_.config().latent));
}

LeafKernel::LeafKernel(const LeafBank& bank, const GroupPlan& plan) : bank_(bank), plan_(plan) {
  for (const PlannedLayer& planned : plan.layers) {
    const LayerStack& stack = planned.stack;
    kernels::Layer layer;
    layer.packed = planned.packed;
    layer.inputs = stack.inputs;
    layer.outputs = stack.outputs;
    layer.taps = stack.kind == LayerKind::kDense ? 1 : kKernelSide * kKernelSide;
    layer.features = stack.out.features();
    layer.input_features = stack.in.features();
    layer.forward = planned.wiring.forward();
    layer.backward = planned.wiring.backward();
    layers_.push_back(layer);
  }
  const LeafNetworks& networks = plan.group->networks;
  leaf_.pixels = plan.group->variables;
  leaf_.latent = bank.config().latent;
  leaf_.leaves = bank.leaves_of_expert();
  leaf_.likelihood = &bank.config().likelihood;
  const kernels::Layer* next = layers_.data();
  const auto take = [&next](const NetworkStack& network, bool linear_end) {
    const kernels::Network result{next, static_cast<int>(network.size()), linear_end};
    next += network.size();
    return result;
  };
  leaf_.encoder_trunk = take(networks.encoder_trunk, false);
  leaf_.encoder_mean = take(networks.encoder_mean, true);
  leaf_.encoder_precision = take(networks.encoder_precision, true);
  leaf_.decoder_trunk = take(networks.decoder_trunk, false);
  for (const NetworkStack& decoder : networks.decoders) decoders_.push_back(take(decoder, true));
  leaf_.decoders = decoders_.data();
  leaf_.heads = static_cast<int>(decoders_.size());
}

const kernels::Leaf& LeafKernel::bind(int expert, std::span<const float> parameters,
                                      const PreparedParameters& prepared) {
  leaf_.index = static_cast<std::uint32_t>(expert);
  leaf_.priors = prepared.prior(expert * leaf_.leaves);
  leaf_.likelihood_table = prepared.likelihood_table().data();
  const int slot = bank_.slot_of(expert);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const PlannedLayer& planned = plan_.layers[i];
    layers_[i].weights = planned.packed
                             ? prepared.panels() + planned.packed_offset + planned.stack.slice(slot)
                             : parameters.data() + planned.stack.at(slot);
  }
  return leaf_;
}

TransposedWeights::TransposedWeights(const GroupPlan& plan, LeafKernel& kernel) : plan_(plan) {
  for (const PlannedLayer& layer : plan.layers) {
    weights_.emplace_back(
        layer.needs_input_gradient ? index(layer.stack.inputs) * index(layer.stack.outputs) : 0);
    kernel.set_transposed(weights_.size() - 1, weights_.back().data());
  }
}

void TransposedWeights::update(std::size_t layer, std::span<const float> parameters, int slot) {
  const PlannedLayer& planned = plan_.layers[layer];
  if (!planned.needs_input_gradient) return;
  const LayerStack& stack = planned.stack;
  const int channels = stack.kind == LayerKind::kDense ? stack.inputs : stack.in.channels;
  kernels::table().pack_transposed(parameters.data() + stack.at(slot), stack.inputs / channels,
                                   channels, stack.outputs, weights_[layer].data());
}

}  // namespace spvae
