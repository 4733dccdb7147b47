#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/data/image_set.h"
#include "spvae/model/model_config.h"
#include "spvae/query/completion.h"
#include "spvae/query/embedding.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/sample.h"
#include "spvae/train/train_config.h"

/// All that a program needs to learn a density of images and to ask it: no other header of this
/// library. Errors are thrown as spvae::Error, whose what() is one sentence.
namespace spvae {

/// 8-bit values v [N, height, width, channels], channels 1 or 3, as v/255. Error(kData) if there
/// are none, or not as many as whole images have.
ImageSet images_of_bytes(std::span<const std::uint8_t> values, int height, int width,
                         int channels = 1);

/// Numbers in [0, 1], of the same shape; NaN: missing. Errors as images_of_bytes, and Error(kData)
/// for a number that is not in [0, 1].
ImageSet images_of_numbers(std::span<const float> values, int height, int width, int channels = 1);

/// Vectors of real numbers [N, names.size()], or with `columns` [N, columns] and the names x0, x1
/// …; NaN: missing. Error(kData) if there are none, not as many as whole vectors have, or infinite
/// ones.
ImageSet vectors_of_numbers(std::span<const float> values, std::vector<std::string> names);
ImageSet vectors_of_numbers(std::span<const float> values, int columns);

/// What is learned, and how. The images say the sizes of theirs; a delta of 0 is a quarter of the
/// longer side. Of vectors, what has the default
/// of images has that of vectors: structure, leaf_variables, the Gaussian's mean_link.
struct DensitySettings {
  ModelConfig model = {.delta = 0, .leaf = {}};
  TrainConfig train = {};
  bool standardise = false;  ///< columns of vectors, by the training rows
  int threads = 0;           ///< 0: one for each processor
};

/// After each check of the model on the validation images.
struct TrainingUpdate {
  std::int64_t step = 0;
  double training_bound = 0;    ///< mean over the steps since the last check, nats per image
  double validation_bound = 0;  ///< nats per image
  bool is_best = false;         ///< the best check so far
};

/// False stops training; the density is then the best so far.
using TrainingObserver = std::function<bool(const TrainingUpdate&)>;

/// A density of images, with the threads and the memory that its queries need. Of one object, one
/// call at a time. Log-likelihoods are importance-weighted lower bounds in nats (TP19 Eq. (9)).
class Density {
 public:
  /// Learns a density by early stopping on the validation images; without any, on the last tenth of
  /// `training`. Equal images and settings give equal bits, whatever the threads. Error(kUsage) for
  /// settings out of their bounds, Error(kData) for images of different sizes, or with values that
  /// the likelihood does not have: of discrete ones, those of images_of_bytes.
  static Density train(const ImageSet& training, const DensitySettings& settings = {},
                       const TrainingObserver& observer = {}, const ImageSet& validation = {});

  /// A model file, this class's or a run's. Errors as load_model.
  static Density load(const std::filesystem::path& path, int threads = 0);
  /// Replaces the file atomically; `spvae` and Density::load read it.
  void save(const std::filesystem::path& path) const;

  Density(Density&&) noexcept;
  Density& operator=(Density&&) noexcept;
  ~Density();

  const ModelConfig& config() const;

  // Of images of the model's size; Error(kData) for others. Missing values are marginalised.

  std::vector<ImageScore> log_likelihood(const ImageSet& images, int samples = 100,
                                         std::uint32_t seed = 0,
                                         Sampler sampler = Sampler::kEncoder) const;
  ImageSet sample(int count, std::uint32_t seed = 0,
                  SampledPixels pixels = SampledPixels::kDrawn) const;
  /// `count` completions of each image, one after another, by `proposals` proposals of each leaf.
  Completions complete(const ImageSet& images, Filling filling = Filling::kDrawn, int count = 1,
                       std::uint32_t seed = 0, int proposals = 1000,
                       Sampler sampler = Sampler::kEncoder) const;
  /// [N] images' codes, responsibilities and trees.
  Embedding embed(const ImageSet& images, int samples = 100, std::uint32_t seed = 0) const;

 private:
  struct State;
  explicit Density(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace spvae
