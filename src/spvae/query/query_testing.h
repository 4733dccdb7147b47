#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "spvae/data/image_set.h"
#include "spvae/model/engine.h"
#include "spvae/model/spvae.h"
#include "spvae/query/evidence.h"

/// For tests: models so small that every image of some pixels can be enumerated.
namespace spvae::testing {

/// Super-pixels of one pixel over 1 × `width` images of 8 bits, whose encoders give the prior
/// whatever they see: with the same noise the estimate of p(x) is a circuit over proper pmfs.
inline Spvae enumerable_model(int width, int k_leaf = 2, Product product = Product::kCross) {
  Spvae model({.height = 1,
               .width = width,
               .delta = 1,
               .k_leaf = k_leaf,
               .product = product,
               .leaf = {.hidden = 4, .latent = 2, .likelihood = Likelihood::kBinomial}});
  model.initialise(3);
  for (const Tensor& tensor : model.layout().tensors()) {
    const auto values = model.parameters().subspan(tensor.offset, tensor.size);
    for (float& value : values) {
      value = tensor.name.find("encoder") != std::string::npos ? 0.0f : 1.5f * value;
    }
  }
  return model;
}

/// Images of 8-bit levels with a common index, hence the same noise; level −1: missing.
inline ImageSet level_images(int width, const std::vector<std::vector<int>>& images) {
  ImageSet set{.height = 1, .width = width, .values = {}, .indices = {}};
  for (const std::vector<int>& levels : images) {
    set.indices.push_back(7);
    for (const int level : levels) {
      set.values.push_back(static_cast<float>(level < 0 ? 0 : level) / 255.0f);
      set.observed.push_back(level < 0 ? 0 : 1);
    }
  }
  return set;
}

/// Of all `images`, with five samples.
inline Evidence evidence_of(const Spvae& model, const ImageSet& images) {
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(images.count()));
  std::iota(rows.begin(), rows.end(), 0u);
  Evidence evidence;
  EXPECT_TRUE(gather_evidence(model, images, rows, {.samples = 5}, *engine, pool, {}, evidence));
  return evidence;
}

}  // namespace spvae::testing
