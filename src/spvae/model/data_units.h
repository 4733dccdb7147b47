#pragma once

#include <cstdint>
#include <span>

#include "spvae/core/thread_pool.h"
#include "spvae/data/batch.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/imputation.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// As check_images of the data, for images that the model is to take. Error(kData) for a pixel of
/// which some channels are missing where the model sees them mixed.
void check_images(const ImageSet& images, const ModelConfig& config);

/// A set without images, of the size and the columns of the model's.
ImageSet empty_images(const ModelConfig& config);

/// Fills `batch` with rows `rows` of `images` as the model sees them: columns scaled
/// (Columns::to_model), colours in the model's space, missing values imputed.
void gather_model_batch(const Spvae& model, const ImageSet& images,
                        std::span<const std::uint32_t> rows, Imputation imputation, Batch& batch,
                        ThreadPool* pool = nullptr);

/// How a pixel's value was made.
enum class SampledPixels {
  kDrawn,  ///< from p(x|z)
  kMean,   ///< the decoder's mean of x given z
};

/// Turns values of some variables, whole pixels one after another, from the model's units to the
/// data's: columns scaled back, colours red, green and blue.
void to_data_units(const ModelConfig& config, std::span<const std::int32_t> variables,
                   SampledPixels made, std::span<double> values);

/// Turns leaf values [L, stride] into densities of the data's units: less Σ log deviation over the
/// scaled columns of a leaf that are observed. Of a pmf there is nothing to turn.
void take_data_units(const Spvae& model, const Batch& batch, std::span<double> leaf_values);

}  // namespace spvae
