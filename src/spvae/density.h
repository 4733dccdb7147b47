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
#include "spvae/query/contributions.h"
#include "spvae/query/embedding.h"
#include "spvae/query/explanation.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/sample.h"
#include "spvae/train/train_config.h"

/// All that a program needs to learn a density of images and to ask it: no other header of this
/// library. Errors are thrown as spvae::Error, whose what() is one sentence.
namespace spvae {

// Their latent noise is addressed by their content (address_by_content): equal images are answered
// alike, in any order.

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

/// Hides what `observed` [N, height, width], or [height, width] of all images, has 0 for, beside
/// what is missing already. Error(kData) for another size.
void hide_pixels(std::span<const std::uint8_t> observed, ImageSet& images);

/// What is learned, and how. The images say the sizes of theirs; a delta of 0 is a quarter of the
/// longer side. Of vectors, what has the default
/// of images has that of vectors: structure, leaf_variables, the Gaussian's mean_link.
struct DensitySettings {
  ModelConfig model = {.delta = 0, .leaf = {}};
  TrainConfig train = {};
  bool standardise = false;  ///< columns of vectors, by the training rows
  int threads = 0;           ///< 0: one for each processor
};

/// What the flags of `spvae train` make of `training`: `flags` is a JSON object by their names, as
/// {"recipe": "density", "max-steps": 2000}. The recipe is density where none is told; colours of 8
/// bits are learnt as luma and chromas (ycocg) where the likelihood allows. has_bytes: the images
/// are of images_of_bytes. Error(kUsage) for what `spvae train` refuses, and for flags that say
/// where images come from or how they are prepared: they are here.
DensitySettings density_settings(const std::string& flags, const ImageSet& training,
                                 bool has_bytes);

/// After each check of the model on the validation images.
struct TrainingUpdate {
  std::int64_t step = 0;
  double training_bound = 0;    ///< mean over the steps since the last check, nats per image
  double validation_bound = 0;  ///< nats per image
  bool is_best = false;         ///< the best check so far
  std::int64_t max_steps = 0;   ///< training ends there, or before
};

/// The rows of `count` training images that Density::train validates on where it is given no
/// others: a tenth, drawn as DataSet divides a source with a test set of its own.
std::vector<std::size_t> validation_rows(int count);

/// False stops training; the density is then the best so far.
using TrainingObserver = std::function<bool(const TrainingUpdate&)>;

/// A leaf region, which the parts of an answer are of.
struct Part {
  std::vector<int> variables;  ///< ascending, of [height, width, channels]
  PixelRectangle rectangle;    ///< the least that holds them
};

/// A density of images, with the threads and the memory that its queries need. Of one object, one
/// call at a time. Log-likelihoods are importance-weighted lower bounds in nats (TP19 Eq. (9)).
/// Observers of queries are told as EvaluationObserver: false stops, with Error(kInterrupted).
class Density {
 public:
  /// Learns a density by early stopping on the validation images; without any, on validation_rows.
  /// `stop` is asked before each step: true ends training as an observer does. With a `start`,
  /// training goes on from its parameters, and settings.model is not looked at. Equal images and
  /// settings give equal bits, whatever the threads, and those of a run of `spvae train`.
  /// Error(kUsage) for settings out of their bounds, Error(kData) for images of different sizes, or
  /// with values that the likelihood does not have: of discrete ones, those of images_of_bytes.
  static Density train(const ImageSet& training, const DensitySettings& settings = {},
                       const TrainingObserver& observer = {}, const ImageSet& validation = {},
                       const std::function<bool()>& stop = {}, const Density* start = nullptr);

  /// A model file, this class's or a run's. Errors as load_model.
  static Density load(const std::filesystem::path& path, int threads = 0);
  /// Replaces the file atomically; `spvae` and Density::load read it.
  void save(const std::filesystem::path& path) const;

  Density(Density&&) noexcept;
  Density& operator=(Density&&) noexcept;
  ~Density();

  const ModelConfig& config() const;
  /// What the leaves divide an image into, in the order of contributions.
  std::vector<Part> parts() const;
  /// The parameters in the order of their tensors in the file.
  std::span<const float> parameters() const;
  /// A JSON object of what is known of the training: step, validation_bound (nats), seed, data,
  /// unused_leaves of each part, the values of its flags.
  std::string description() const;

  // Of images of the model's size; Error(kData) for others. Missing values are marginalised.

  std::vector<ImageScore> log_likelihood(const ImageSet& images, int samples = 100,
                                         std::uint32_t seed = 0,
                                         Sampler sampler = Sampler::kEncoder,
                                         const EvaluationObserver& observer = {}) const;
  /// What each part adds to each image's log-likelihood, and this, as log_likelihood has it.
  Contributions contributions(const ImageSet& images, int samples = 100, std::uint32_t seed = 0,
                              Sampler sampler = Sampler::kEncoder,
                              const EvaluationObserver& observer = {}) const;
  ImageSet sample(int count, std::uint32_t seed = 0,
                  SampledPixels pixels = SampledPixels::kDrawn) const;
  /// `count` completions of each image, one after another, by `proposals` proposals of each leaf.
  Completions complete(const ImageSet& images, Filling filling = Filling::kDrawn, int count = 1,
                       std::uint32_t seed = 0, int proposals = 1000,
                       Sampler sampler = Sampler::kEncoder,
                       const EvaluationObserver& observer = {}) const;
  /// [N] images' codes, responsibilities and trees.
  Embedding embed(const ImageSet& images, int samples = 100, std::uint32_t seed = 0,
                  Sampler sampler = Sampler::kEncoder,
                  const EvaluationObserver& observer = {}) const;
  /// [N] each image's most probable tree, and who answers for it.
  std::vector<Explanation> explain(const ImageSet& images, int samples = 100,
                                   std::uint32_t seed = 0, Sampler sampler = Sampler::kEncoder,
                                   const EvaluationObserver& observer = {}) const;
  /// Each image through its most probable tree, pixels as decoders' means; missing ones too.
  ImageSet reconstruct(const ImageSet& images, int samples = 100, std::uint32_t seed = 0,
                       Sampler sampler = Sampler::kEncoder,
                       const EvaluationObserver& observer = {}) const;

 private:
  struct State;
  void visit(const ImageSet& images, int samples, std::uint32_t seed, Sampler sampler,
             const EvaluationObserver& observer,
             const std::function<void(const Evidence&)>& visitor) const;
  explicit Density(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace spvae
