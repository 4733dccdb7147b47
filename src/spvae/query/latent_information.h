#pragma once

#include <span>
#include <vector>

#include "spvae/leaves/priors.h"
#include "spvae/query/embedding.h"

namespace spvae {

/// What each dimension of each leaf's code says of the images: the KL divergence of q(z | x) from
/// the leaf's prior, nats, averaged over an embedding's images with the leaf's responsibilities as
/// weights; [leaves, latent]. 0 for a leaf that is responsible for nothing. priors [leaves].
std::vector<double> latent_information(const Embedding& embedding,
                                       std::span<const CodeGaussian> priors);

}  // namespace spvae
