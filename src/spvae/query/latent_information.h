#pragma once

#include <vector>

#include "spvae/query/embedding.h"

namespace spvae {

/// What each dimension of each leaf's code says of the images: the KL divergence of q(z | x) from
/// the prior N(0, 1), nats, averaged over an embedding's images with the leaf's responsibilities as
/// weights; [leaves, latent]. 0 for a leaf that is responsible for nothing.
std::vector<double> latent_information(const Embedding& embedding, int leaves, int latent);

}  // namespace spvae
