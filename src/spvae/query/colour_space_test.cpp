// A model that sees colours as YCoCg-R against its twin: the same parameters, over images that
// are in that space already.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "spvae/core/error_testing.h"
#include "spvae/core/index.h"
#include "spvae/data/colour.h"
#include "spvae/model/data_units.h"
#include "spvae/model/engine.h"
#include "spvae/query/completion.h"
#include "spvae/query/embedding.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/query_testing.h"
#include "spvae/query/sample.h"

namespace spvae {
namespace {

using Levels = std::array<std::uint8_t, 3>;

class ColourSpaces : public ::testing::Test {
 protected:
  ColourSpaces() : model_(model_of(ColourSpace::kYcocg)), twin_(model_of(ColourSpace::kRgb)) {
    images_.indices = {3, 4};
    for (std::size_t i = 0; i < 2 * index(images_.variables()); ++i) {
      images_.values.push_back(static_cast<float>((i * i * 37 + 11 * i) % 256) / 255);
    }
    in_twin_ = images_;
    for_each_pixel(in_twin_.values, [](std::span<float> pixel) {
      to_levels(pixel, ycocg_of_rgb(levels_of(pixel)));
    });
  }

  static Spvae model_of(ColourSpace space) {
    Spvae model({.height = 4,
                 .width = 6,
                 .channels = 3,
                 .colour_space = space,
                 .delta = 2,
                 .leaf = {.hidden = 5, .latent = 3, .likelihood = Likelihood::kOrdinal}});
    model.initialise(11);
    for (float& value : model.parameters()) value *= 2;
    return model;
  }
  static Levels levels_of(std::span<const float> pixel) {
    const auto level = [](float value) {
      return static_cast<std::uint8_t>(std::lround(255 * value));
    };
    return {level(pixel[0]), level(pixel[1]), level(pixel[2])};
  }
  static void to_levels(std::span<float> pixel, const Levels& levels) {
    for (std::size_t c = 0; c < 3; ++c) pixel[c] = static_cast<float>(levels[c]) / 255;
  }
  template <class Visit>
  static void for_each_pixel(std::span<float> values, const Visit& visit) {
    for (std::size_t at = 0; at < values.size(); at += 3) visit(values.subspan(at, 3));
  }
  static void draws_to_rgb(ImageSet& images) {
    for_each_pixel(images.values, [](std::span<float> pixel) {
      to_levels(pixel, rgb_of_ycocg(levels_of(pixel)));
    });
  }
  static void means_to_rgb(ImageSet& images) {
    for_each_pixel(images.values, [](std::span<float> pixel) {
      const auto rgb = rgb_of_mean_ycocg({pixel[0], pixel[1], pixel[2]});
      std::ranges::transform(rgb, pixel.begin(),
                             [](double value) { return static_cast<float>(value); });
    });
  }
  static void expect_near(const ImageSet& images, const ImageSet& expected) {
    ASSERT_EQ(images.values.size(), expected.values.size());
    for (std::size_t i = 0; i < images.values.size(); ++i) {
      ASSERT_NEAR(images.values[i], expected.values[i], 1e-6) << i;
    }
  }

  std::vector<ImageScore> scores(const Spvae& model, const ImageSet& images) {
    return log_likelihood(model, images, 20, {}, *engine_of(model), pool_);
  }
  ImageSet samples(const Spvae& model, SampledPixels pixels) {
    return sample(model, 3, 5, pixels, *engine_of(model), pool_);
  }
  ImageSet completed(const Spvae& model, const ImageSet& images, Filling filling) {
    return complete(model, images, filling, 2, 5, {.samples = 20}, *engine_of(model), pool_).images;
  }
  std::unique_ptr<LeafEngine> engine_of(const Spvae& model) {
    return make_engine(Engine::kFused, model.leaves(), pool_);
  }

  ThreadPool pool_{2};
  Spvae model_;
  Spvae twin_;
  ImageSet images_{.height = 4, .width = 6, .channels = 3, .values = {}, .indices = {}};
  ImageSet in_twin_;
};

TEST_F(ColourSpaces, GiveAColourTheProbabilityOfItsOther) {
  const std::vector<ImageScore> of_model = scores(model_, images_);
  const std::vector<ImageScore> of_twin = scores(twin_, in_twin_);
  for (std::size_t i = 0; i < of_model.size(); ++i) {
    EXPECT_EQ(of_model[i].log_likelihood, of_twin[i].log_likelihood);
  }
  EXPECT_NE(of_model[0].log_likelihood, scores(twin_, images_)[0].log_likelihood);
}

TEST_F(ColourSpaces, SampleRedGreenAndBlue) {
  ImageSet drawn = samples(twin_, SampledPixels::kDrawn);
  draws_to_rgb(drawn);
  EXPECT_EQ(samples(model_, SampledPixels::kDrawn).values, drawn.values);
  ImageSet means = samples(twin_, SampledPixels::kMean);
  means_to_rgb(means);
  expect_near(samples(model_, SampledPixels::kMean), means);
}

TEST_F(ColourSpaces, CompleteInRedGreenAndBlueAndLeaveTheVisibleAsItIs) {
  images_.observed.resize(images_.values.size(), 1);
  std::fill_n(images_.observed.begin(), 3 * 15, 0);  // of the first image
  in_twin_.observed = images_.observed;
  for (const Filling filling : {Filling::kDrawn, Filling::kBest, Filling::kMean}) {
    ImageSet expected = completed(twin_, in_twin_, filling);
    filling == Filling::kDrawn ? draws_to_rgb(expected) : means_to_rgb(expected);
    const std::size_t of_image = index(images_.variables());
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      const std::size_t source = i / (2 * of_image) * of_image + i % of_image;
      if (images_.observed[source] != 0) expected.values[i] = images_.values[source];
    }
    expect_near(completed(model_, images_, filling), expected);
  }
}

TEST_F(ColourSpaces, ReconstructInRedGreenAndBlue) {
  const auto reconstructed = [&](const Spvae& model, const ImageSet& images) {
    return reconstruct(model, testing::evidence_of(model, images), *engine_of(model), pool_);
  };
  ImageSet expected = reconstructed(twin_, in_twin_);
  means_to_rgb(expected);
  expect_near(reconstructed(model_, images_), expected);
}

TEST_F(ColourSpaces, RefusePixelsOfSomeChannels) {
  images_.observed.resize(images_.values.size(), 1);
  images_.observed[index(images_.variables()) + 7] = 0;
  testing::expect_error(ErrorKind::kData, "image 4: pixel 2 has some of its channels",
                        [&] { scores(model_, images_); });
  scores(twin_, images_);
}

TEST(ColourSpace, IsOfThreeChannelsOf256Values) {
  const auto make = [](int channels, Likelihood likelihood) {
    Spvae model({.height = 4,
                 .width = 4,
                 .channels = channels,
                 .colour_space = ColourSpace::kYcocg,
                 .delta = 2,
                 .leaf = {.hidden = 4, .latent = 2, .likelihood = likelihood}});
  };
  make(3, Likelihood::kLogistic);
  testing::expect_error(ErrorKind::kUsage, "256 values, got 3 of the likelihood gaussian",
                        [&] { make(3, Likelihood::kGaussian); });
  testing::expect_error(ErrorKind::kUsage, "got 3 of the likelihood bernoulli",
                        [&] { make(3, Likelihood::kBernoulli); });
  testing::expect_error(ErrorKind::kUsage, "got 1 of the likelihood ordinal",
                        [&] { make(1, Likelihood::kOrdinal); });
}

}  // namespace
}  // namespace spvae
