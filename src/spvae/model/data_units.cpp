#include "spvae/model/data_units.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/data/colour.h"
#include "spvae/likelihood/likelihood.h"

namespace spvae {
namespace {

constexpr std::size_t kChannels = 3;
constexpr float kMaxLevel = 255;

/// Of a batch of red, green and blue; what is missing stays without meaning.
void take_ycocg(Batch& batch) {
  const std::size_t stride = index(batch.stride);
  for (std::size_t at = 0; at < batch.values.size(); at += kChannels * stride) {
    for (std::size_t lane = at; lane < at + stride; ++lane) {
      std::array<std::uint8_t, kChannels> rgb;
      for (std::size_t c = 0; c < kChannels; ++c) {
        rgb[c] = static_cast<std::uint8_t>(std::lrint(kMaxLevel * batch.values[lane + c * stride]));
      }
      const std::array<std::uint8_t, kChannels> ycocg = ycocg_of_rgb(rgb);
      for (std::size_t c = 0; c < kChannels; ++c) {
        batch.values[lane + c * stride] = static_cast<float>(ycocg[c]) / kMaxLevel;
      }
    }
  }
}

void check_whole_pixels(const ImageSet& images) {
  for (std::size_t at = 0; at < images.observed.size(); at += kChannels) {
    const std::uint8_t* const pixel = images.observed.data() + at;
    if (pixel[0] == pixel[1] && pixel[0] == pixel[2]) continue;
    const std::size_t variables = index(images.variables());
    fail(ErrorKind::kData,
         "image {}: pixel {} has some of its channels; a model of --colour ycocg takes all three "
         "or none, one of --colour rgb takes any",
         images.indices[at / variables], at % variables / kChannels);
  }
}

}  // namespace

void check_images(const ImageSet& images, const ModelConfig& config) {
  check_images(images, config.height, config.width, config.channels, config.columns);
  if (config.colour_space == ColourSpace::kYcocg) check_whole_pixels(images);
}

ImageSet empty_images(const ModelConfig& config) {
  return {.height = config.height,
          .width = config.width,
          .channels = config.channels,
          .values = {},
          .indices = {},
          .columns = config.columns};
}

void gather_model_batch(const Spvae& model, const ImageSet& images,
                        std::span<const std::uint32_t> rows, Imputation imputation, Batch& batch,
                        ThreadPool* pool) {
  gather_batch(images, rows, batch, pool);
  const Columns& columns = model.config().columns;
  if (columns.are_scaled()) {
    const std::size_t stride = index(batch.stride);
    for (std::size_t i = 0; i < batch.values.size(); ++i) {
      batch.values[i] = columns.to_model(i / stride, batch.values[i]);
    }
  }
  if (model.config().colour_space == ColourSpace::kYcocg) take_ycocg(batch);
  impute(model.graph(), model.config().channels, imputation, batch);
}

void to_data_units(const ModelConfig& config, std::span<const std::int32_t> variables,
                   SampledPixels made, std::span<double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = config.columns.to_data(index(variables[i]), values[i]);
  }
  if (config.colour_space != ColourSpace::kYcocg) return;
  for (std::size_t i = 0; i < values.size(); i += kChannels) {
    assert(variables[i] % 3 == 0 && variables[i + 2] == variables[i] + 2);
    const std::span<double> pixel = values.subspan(i, kChannels);
    if (made == SampledPixels::kMean) {
      std::ranges::copy(rgb_of_mean_ycocg({pixel[0], pixel[1], pixel[2]}), pixel.begin());
      continue;
    }
    std::array<std::uint8_t, kChannels> ycocg;
    std::ranges::transform(pixel, ycocg.begin(), [](double value) {
      return static_cast<std::uint8_t>(value_of(value, 256));
    });
    std::ranges::transform(rgb_of_ycocg(ycocg), pixel.begin(),
                           [](std::uint8_t level) { return level / double{kMaxLevel}; });
  }
}

void take_data_units(const Spvae& model, const Batch& batch, std::span<double> leaf_values) {
  const ModelConfig& config = model.config();
  if (!config.columns.are_scaled() || is_discrete(config.leaf.likelihood)) return;
  const std::size_t stride = index(batch.stride);
  for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
    const std::span<double> values = leaf_values.subspan(index(leaf) * stride, stride);
    for (const std::int32_t column : model.leaves().scope(leaf)) {
      const double log_deviation = std::log(config.columns.deviation[index(column)]);
      for (std::size_t lane = 0; lane < stride; ++lane) {
        const bool is_observed =
            batch.observed.empty() || batch.observed[index(column) * stride + lane] != 0.0f;
        if (is_observed) values[lane] -= log_deviation;
      }
    }
  }
}

}  // namespace spvae
