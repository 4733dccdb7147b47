#include "spvae/query/leaf_posterior.h"

#include <algorithm>
#include <cstdint>

#include "spvae/core/index.h"

namespace spvae {

void draw_code(const CodeGaussian& gaussian, const RandomAddress& address, std::span<float> z,
               double side) {
  for (std::size_t d = 0; d < z.size(); ++d) {
    const double noise = side * random_normal(address, static_cast<std::uint32_t>(d));
    z[d] = static_cast<float>(gaussian.mean[d] + gaussian.scale[d] * noise);
  }
}

bool is_observed(const LeafBank& bank, const Batch& batch, int leaf, int lane) {
  return batch.observed.empty() || std::ranges::any_of(bank.scope(leaf), [&](std::int32_t pixel) {
           return batch.observed[index(pixel) * index(batch.stride) + index(lane)] != 0.0f;
         });
}

LeafPosteriors::LeafPosteriors(const Spvae& model, const Batch& batch, LeafEngine& engine)
    : model_(model),
      batch_(batch),
      mean_(index(model.leaves().experts()) * index(model.config().leaf.latent) *
            index(batch.stride)),
      deviation_(mean_.size()) {
  engine.encode(model.parameters(), batch, mean_, deviation_);
}

CodeGaussian LeafPosteriors::of(int leaf, int lane) const {
  const LeafBank& bank = model_.leaves();
  if (!is_observed(bank, batch_, leaf, lane)) return model_.prior(leaf);
  const std::size_t latent = index(model_.config().leaf.latent);
  CodeGaussian posterior;
  for (std::size_t d = 0; d < latent; ++d) {
    const std::size_t at =
        (index(bank.expert_of(leaf)) * latent + d) * index(batch_.stride) + index(lane);
    posterior.mean.push_back(static_cast<double>(mean_[at]));
    posterior.scale.push_back(static_cast<double>(deviation_[at]));
  }
  return posterior;
}

}  // namespace spvae
