#pragma once

#include <span>
#include <vector>

#include "spvae/data/batch.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// z [Z] = mean + side · deviation · ε of a Gaussian of codes, ε the normals of an address.
void draw_code(const CodeGaussian& gaussian, const RandomAddress& address, std::span<float> z,
               double side = 1);

/// Whether anything of a leaf is observed, of image `lane` of a batch.
bool is_observed(const LeafBank& bank, const Batch& batch, int leaf, int lane);

/// q(z | x) of all leaves for the images of a batch, which must outlive it, as must the model.
class LeafPosteriors {
 public:
  LeafPosteriors(const Spvae& model, const Batch& batch, LeafEngine& engine);

  /// Of a leaf for image `lane`. Where nothing of the leaf is observed, the prior: that is the
  /// posterior.
  CodeGaussian of(int leaf, int lane) const;

 private:
  const Spvae& model_;
  const Batch& batch_;
  std::vector<float> mean_;  // [experts, Z, stride]
  std::vector<float> deviation_;
};

}  // namespace spvae
