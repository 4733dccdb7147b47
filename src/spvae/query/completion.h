#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/data/image_set.h"
#include "spvae/query/evidence.h"

namespace spvae {

/// What missing pixels are filled with.
enum class Filling {
  kDrawn,  ///< a draw from p(missing | observed): a tree of the posterior; for each of its leaves a
           ///< code by sampling-importance-resampling; pixels from the leaf's likelihood
  kBest,   ///< the most probable tree of the posterior; the mean pixels of each of its leaves
  kMean    ///< the posterior mean of every pixel
};

struct Completions {
  ImageSet images;  ///< [images · count], the completions of an image one after another
  /// [images] effective_samples of the proposals of leaves that are partly observed; where no leaf
  /// is, the number of proposals.
  std::vector<double> effective_samples;
};

/// Fills the missing pixels of all images, each `count` times; observed pixels are
/// untouched. sampling.samples are the proposals of each leaf; draws are as good as these.
/// Completion c of an image depends on (sampling, seed, the image's index, c) alone: its random
/// numbers have the address {seed, step = c + 1, Purpose::kSampling, image} and `sample` 0 for the
/// choice of a proposal, 1 for the pixels (both by leaf), 2 for the tree. kBest and kMean are the
/// same for every c, and take means over at most 64 of a leaf's proposals, evenly spread by weight,
/// or over 256 codes of its prior where nothing of it is observed: ± the noise of
/// dimension d at {sampling's seed and step, Purpose::kSampling, image 2³² − 1, leaf, sample =
/// number of the pair}. The observer is told of images done. Throws as check_images and
/// gather_evidence; Error(kUsage) for count < 1; Error(kInterrupted) if the observer stopped it.
Completions complete(const Spvae& model, const ImageSet& images, Filling filling, int count,
                     std::uint32_t seed, const Sampling& sampling, LeafEngine& engine,
                     ThreadPool& pool, const EvaluationObserver& observer = {});

}  // namespace spvae
