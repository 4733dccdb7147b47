#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "spvae/data/image_set.h"
#include "spvae/query/log_likelihood.h"

namespace spvae {

/// What scores belong to, so that others are not taken for these.
struct ScoringKey {
  std::string model_digest;  ///< SHA-256 of the model's file
  std::string data_digest;   ///< DataSet::digest
  std::string split;         ///< which of its images: "test"
  int samples = 0;
};

struct Scores {
  std::vector<ImageScore> images;
  double seconds = 0;  ///< wall time of all that was scored, in however many goes
};

/// log_likelihood of all images, resumable: what has been scored is kept in `file`, saved every
/// half minute or so, when the observer stops, and at the end; scores that it holds already for
/// this key are not computed again. The same scores as in one go. A file that is damaged, or of
/// another key, is begun anew. Throws as log_likelihood and write_safetensors.
Scores resumable_scores(const std::filesystem::path& file, const ScoringKey& key,
                        const Spvae& model, const ImageSet& images, LeafEngine& engine,
                        ThreadPool& pool, const EvaluationObserver& observer);

/// How many images a file holds the scores of; 0 if it cannot be read.
int scored_images(const std::filesystem::path& file);

}  // namespace spvae
