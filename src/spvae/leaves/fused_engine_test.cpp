#include "spvae/leaves/fused_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/laplace_proposals.h"
#include "spvae/leaves/leaf_gradient.h"
#include "spvae/likelihood/likelihood_testing.h"
#include "spvae/reference/reference_engine.h"
#include "spvae/structure/poon_domingos.h"
#include "spvae/structure/single_region.h"

namespace spvae {
namespace {

// Errors are related to what they come from: a log weight's to the sum of the magnitudes of its
// terms, a gradient's to the norm of its tensor's gradient.
constexpr double kLogWeightTolerance = 1e-5;
constexpr double kGradientTolerance = 1e-4;
// Of posteriors and of decoders' outputs, to their root mean square.
constexpr double kOutputTolerance = 1e-5;

struct Case {
  std::string name;
  int height = 7, width = 7, step = 7;
  LeafConfig leaf;
  int k_leaf = 1;
  int images = 33;
  int samples = 3;
  float spread = 1.0f;           // of the parameters, relative to fresh ones
  bool all_rows_matter = false;  // so that tiles are taken as they stand
  double missing = 0;            // share of missing pixels; some images lack none, some all
  int channels = 1;
};

// A model's leaves with fresh parameters, scaled up to the size of trained ones where asked; biases
// are drawn too, so that nothing is zero by accident.
struct Fixture {
  explicit Fixture(const Case& c)
      : graph(poon_domingos(c.height, c.width, c.step, c.channels)),
        bank(graph, {c.height, c.width, c.channels}, c.k_leaf, c.leaf, layout) {
    parameters.resize(layout.size());
    bank.initialise(5, parameters);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto element = static_cast<std::uint32_t>(i);
      const auto noise =
          static_cast<float>(random_normal({77, 0, Purpose::kParameters, element, 0, 0}, 0));
      parameters[i] = c.spread * parameters[i] + 0.05f * c.spread * noise;
    }
    batch.size = c.images;
    batch.stride = (c.images + kernels::kTile - 1) / kernels::kTile * kernels::kTile;
    batch.variables = c.height * c.width * c.channels;
    batch.values.resize(static_cast<std::size_t>(batch.variables * batch.stride));
    const int values = likelihood_info(c.leaf.likelihood.kind).values(c.leaf.likelihood);
    for (int lane = 0; lane < batch.stride; ++lane) {
      const auto image = static_cast<std::uint32_t>(std::min(lane, c.images - 1));
      batch.addresses.push_back(1000 + 3 * image);
      for (int v = 0; v < batch.variables; ++v) {
        const RandomAddress address{9, 0, Purpose::kPixelNoise, image, 0, 0};
        double value = random_uniform(address, static_cast<std::uint32_t>(v));
        // Edges must occur: they are special in the discretised logistic.
        value = std::clamp(1.6 * value - 0.3, 0.0, 1.0);
        if (values > 0) value = std::round((values - 1) * value) / (values - 1);
        batch.values[static_cast<std::size_t>(v * batch.stride + lane)] = static_cast<float>(value);
      }
    }
    if (c.missing > 0) hide_pixels(c);
  }

  void hide_pixels(const Case& c) {
    for (int v = 0; v < batch.variables; ++v) {
      for (int lane = 0; lane < batch.stride; ++lane) {
        const auto image = static_cast<std::uint32_t>(std::min(lane, c.images - 1));
        const double u = random_uniform({8, 0, Purpose::kPixelNoise, image, 0, 0},
                                        static_cast<std::uint32_t>(v));
        const bool is_observed = image % 5 == 1 || (image % 7 != 2 && u > c.missing);
        batch.observed.push_back(is_observed ? 1.0f : 0.0f);
      }
    }
  }

  std::size_t rows(int samples) const {
    return static_cast<std::size_t>(bank.leaves() * samples * batch.stride);
  }

  ParameterLayout layout;
  RegionGraph graph;
  LeafBank bank;
  ParameterBuffer parameters;
  Batch batch;
};

const NoiseKey kNoise{123, 45, Purpose::kTraining};

// Row gradients as they come from a circuit: positive, some tiny, some exactly zero.
std::vector<float> row_gradients(const Fixture& f, const Case& c) {
  std::vector<float> gradient(f.rows(c.samples));
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const RandomAddress address{3, 0, Purpose::kShuffle, static_cast<std::uint32_t>(i), 0, 0};
    const double u = random_uniform(address, 0);
    if (c.all_rows_matter) {
      gradient[i] = static_cast<float>(0.5 + 0.5 * u);
      continue;
    }
    gradient[i] = u < 0.2 ? 0.0f : static_cast<float>(u < 0.4 ? 1e-6 * u : u);
  }
  return gradient;
}

// Of the samples of an expert and an image.
std::vector<float> row_shares(const Fixture& f, const Case& c) {
  std::vector<float> shares(f.rows(c.samples) /
                            static_cast<std::size_t>(f.bank.leaves_of_expert()));
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const RandomAddress address{5, 0, Purpose::kShuffle, static_cast<std::uint32_t>(i), 0, 0};
    shares[i] = static_cast<float>(random_uniform(address, 0));
  }
  return shares;
}

// Posteriors of all images, then what is decoded of a few codes of each expert, row by row; some
// experts have more rows than a tile.
std::vector<std::vector<float>> encoded_and_decoded(const Fixture& f, LeafEngine& engine) {
  const auto latent = static_cast<std::size_t>(f.bank.config().latent);
  const std::size_t size = static_cast<std::size_t>(f.bank.experts() * f.batch.stride) * latent;
  std::vector<std::vector<float>> all(2, std::vector<float>(size));
  engine.encode(f.parameters, f.batch, all[0], all[1]);
  std::vector<int> experts;
  for (int row = 0; row < 2 * f.bank.experts() + 35; ++row) {
    experts.push_back(row % 3 == 0 ? 0 : row % f.bank.experts());
  }
  std::vector<std::vector<float>> decoded(experts.size());
  engine.decode(
      f.parameters, experts,
      [&](std::size_t row, std::span<float> z) {
        const RandomAddress address{4, 0, Purpose::kSampling, static_cast<std::uint32_t>(row),
                                    0, 0};
        for (std::uint32_t d = 0; d < z.size(); ++d) {
          z[d] = static_cast<float>(random_normal(address, d));
        }
      },
      [&](std::size_t row, std::span<const PixelDistribution> pixels) {
        for (const PixelDistribution& pixel : pixels) {
          decoded[row].insert(decoded[row].end(), pixel.heads.begin(), pixel.heads.end());
          decoded[row].push_back(static_cast<float>(mean_pixel(pixel)));
        }
      });
  all.insert(all.end(), decoded.begin(), decoded.end());
  return all;
}

void expect_codes_match_twin(const Fixture& f, LeafEngine& fused, ThreadPool& pool) {
  const auto actual = encoded_and_decoded(f, fused);
  const auto expected = encoded_and_decoded(f, *make_reference_engine(f.bank, pool));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(actual[i].size(), expected[i].size());
    double error = 0, norm = 0;
    for (std::size_t j = 0; j < expected[i].size(); ++j) {
      error += std::pow(actual[i][j] - expected[i][j], 2);
      norm += std::pow(expected[i][j], 2);
    }
    EXPECT_GT(norm, 0);
    EXPECT_LE(std::sqrt(error), kOutputTolerance * std::sqrt(norm)) << i;
  }
}

// Log weights of both engines alike.
void expect_log_weights_match_twin(const Fixture& f, const Case& c, const NoiseKey& noise,
                                   LeafEngine& fused, ThreadPool& pool) {
  std::vector<double> expected(f.rows(c.samples)), magnitude(f.rows(c.samples));
  reference_log_weights(f.bank, f.parameters, f.batch, noise, 2, c.samples, pool, expected,
                        magnitude);
  std::vector<float> actual(f.rows(c.samples));
  fused.log_weights(f.parameters, f.batch, noise, 2, c.samples, actual);
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_TRUE(std::isfinite(actual[i])) << "row " << i;
    if (magnitude[i] == 0) {
      EXPECT_EQ(actual[i], 0.0f);  // nothing is observed
    } else {
      worst = std::max(worst, std::abs(actual[i] - expected[i]) / magnitude[i]);
    }
  }
  EXPECT_LE(worst, kLogWeightTolerance);
}

void expect_matches_twin(const Case& c) {
  SCOPED_TRACE(c.name);
  Fixture f(c);
  ThreadPool pool(2);
  const auto fused = make_fused_engine(f.bank, pool);
  expect_codes_match_twin(f, *fused, pool);

  for (const double prior_share : {0.0, 0.3}) {
    if (prior_share > 0 && c.missing == 0) continue;
    NoiseKey noise = kNoise;
    noise.prior_share = prior_share;
    expect_log_weights_match_twin(f, c, noise, *fused, pool);
  }

  const std::vector<float> gradient = row_gradients(f, c);
  const std::vector<float> shares = row_shares(f, c);
  for (const RowGradient& rows : {RowGradient{gradient}, RowGradient{gradient, shares}}) {
    SCOPED_TRACE(rows.shares.empty() ? "as it stands" : "doubly reparametrised");
    std::vector<double> expected_grad(f.layout.size());
    reference_gradient(f.bank, f.parameters, f.batch, kNoise, c.samples, rows, pool, expected_grad);
    std::vector<float> grad(f.layout.size(), 99.0f);
    fused->backward(f.parameters, f.batch, kNoise, c.samples, rows, grad);
    for (const Tensor& tensor : f.layout.tensors()) {
      double error = 0, norm = 0;
      for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        error += std::pow(grad[i] - expected_grad[i], 2);
        norm += std::pow(expected_grad[i], 2);
      }
      EXPECT_LE(std::sqrt(error), kGradientTolerance * std::sqrt(norm)) << tensor.name;
    }
  }
}

LeafConfig leaf(int hidden, int layers, int latent, const LikelihoodConfig& likelihood) {
  return {hidden, layers, latent, likelihood};
}

LeafConfig conv(Filters filters, int stride, int dense, int latent,
                const LikelihoodConfig& likelihood) {
  LeafConfig config;
  config.network = Network::kConv;
  config.filters = filters;
  config.stride = stride;
  config.dense = dense;
  config.latent = latent;
  config.likelihood = likelihood;
  return config;
}

// With learned priors for the leaves of each expert.
LeafConfig with_experts(int experts, LeafConfig config, Network network = Network::kMlp) {
  config.experts = experts;
  config.priors = Priors::kLearned;
  config.network = network;
  return config;
}

class OnEveryTarget : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_TRUE(kernels::force_target(GetParam())); }
  void TearDown() override { kernels::force_target(nullptr); }
};

INSTANTIATE_TEST_SUITE_P(Simd, OnEveryTarget, testing::ValuesIn(kernels::supported_targets()),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinAtThePapersSizes) {
  // At 2.5 a last place of a mixture's parameters moves its value by 2e-5 of its magnitude.
  for (const float spread : {1.0f, 2.5f}) {
    const auto s = " spread " + std::to_string(spread);
    for (const Likelihood likelihood : all_likelihoods()) {
      expect_matches_twin({std::string(likelihood_info(likelihood).name) + s, 14, 14, 7,
                           leaf(30, 2, 25, likelihood), 2, 40, 3,
                           likelihood == Likelihood::kMixture ? std::min(spread, 1.75f) : spread});
    }
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinAtAwkwardSizes) {
  const int sizes[] = {1, 3, 7, 15, 16, 17, 30, 31, 33, 49, 50, 64, 65};
  const std::vector<Likelihood> likelihoods = all_likelihoods();
  int turn = 0;
  for (const int hidden : sizes) {
    // Each size in each role: hidden units, latent dimensions, pixels, images.
    const int latent = sizes[static_cast<std::size_t>(turn + 4) % 13];
    const int pixels = sizes[static_cast<std::size_t>(turn + 7) % 13];
    const int images = sizes[static_cast<std::size_t>(turn + 10) % 13];
    const Likelihood likelihood = likelihoods[static_cast<std::size_t>(turn) % likelihoods.size()];
    Case c{"hidden " + std::to_string(hidden),         1, pixels, pixels,
           leaf(hidden, turn % 4, latent, likelihood), 1, images, 2};
    expect_matches_twin(c);
    ++turn;
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinForThePapersConvolutions) {
  // Over five layers 1.4 amplifies as 1.75 does over an MLP's three.
  for (const float spread : {1.0f, 1.4f}) {
    const auto s = " spread " + std::to_string(spread);
    for (const Likelihood likelihood : all_likelihoods()) {
      expect_matches_twin(
          {"super-pixels" + s, 14, 14, 7, conv({4, 8}, 1, 64, 25, likelihood), 2, 34, 2, spread});
    }
    expect_matches_twin({"whole image" + s, 28, 28, 28,
                         conv({32, 64}, 2, 64, 20, Likelihood::kGaussian), 1, 3, 2, spread});
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinForAwkwardConvolutions) {
  const auto gaussian = Likelihood::kGaussian;
  const auto logistic = Likelihood::kLogistic;
  // Height, width, step; strips that the step does not divide make narrow super-pixels.
  expect_matches_twin({"one pixel", 1, 1, 1, conv({1, 1}, 1, 1, 1, gaussian), 1, 33, 2});
  expect_matches_twin({"one pixel, stride 2", 1, 1, 1, conv({3, 2}, 2, 3, 2, gaussian), 1, 5, 2});
  expect_matches_twin({"a row", 1, 17, 17, conv({5, 3}, 1, 7, 3, logistic), 1, 31, 2});
  expect_matches_twin({"a column", 16, 1, 16, conv({2, 13}, 2, 5, 3, gaussian), 1, 17, 3});
  expect_matches_twin({"narrow strips", 9, 10, 7, conv({4, 8}, 1, 16, 6, gaussian), 2, 40, 2});
  expect_matches_twin({"odd side", 7, 7, 7, conv({6, 7}, 2, 16, 6, gaussian), 1, 33, 2});
  expect_matches_twin({"even side", 8, 6, 8, conv({13, 15}, 2, 17, 3, logistic), 1, 15, 2});
  expect_matches_twin({"stride 3", 10, 11, 11, conv({17, 9}, 3, 30, 7, gaussian), 1, 33, 2});
  expect_matches_twin({"holes", 9, 9, 9, conv({3, 4}, 4, 9, 7, gaussian), 1, 16, 2});
  expect_matches_twin({"many filters", 5, 5, 5, conv({33, 50}, 1, 65, 31, gaussian), 1, 7, 1});
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinForLearnedPriors) {
  const auto ordinal = Likelihood::kOrdinal;
  const auto gaussian = Likelihood::kGaussian;
  for (Case c :
       {Case{"one expert", 14, 14, 7, with_experts(1, leaf(20, 2, 8, ordinal)), 7, 40, 3},
        Case{"two experts", 8, 12, 4, with_experts(2, leaf(9, 1, 17, gaussian)), 10, 33, 2},
        Case{"an expert a leaf", 7, 7, 7, with_experts(0, leaf(9, 2, 3, gaussian)), 2, 20, 2},
        Case{"one region", 5, 5, 5, with_experts(1, leaf(9, 2, 25, gaussian)), 3, 70, 4},
        Case{"joint", 9, 10, 7, with_experts(1, leaf(9, 2, 5, ordinal), Network::kJointMlp), 6, 35,
             3},
        Case{"conv", 9, 10, 7, with_experts(1, conv({4, 8}, 1, 16, 6, gaussian), Network::kConv), 3,
             33, 2}}) {
    for (const bool all_rows_matter : {false, true}) {
      c.all_rows_matter = all_rows_matter;
      for (const double missing : {0.0, 0.5}) {
        c.missing = missing;
        expect_matches_twin(c);
      }
    }
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinWhereRegionsShareLayers) {
  for (const int hidden_layers : {0, 1, 2, 4}) {
    for (const int hidden : {17, 300}) {  // above 256 weights are packed
      LeafConfig config = leaf(hidden, hidden_layers, 6, Likelihood::kGaussian);
      config.network = Network::kSharedMlp;
      expect_matches_twin({"shared " + std::to_string(hidden_layers), 9, 10, 7, config, 2, 20, 2});
    }
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinForColours) {
  for (Case c :
       {Case{"leaves", 7, 9, 7, leaf(30, 2, 25, Likelihood::kGaussian), 2, 33, 2},
        Case{"conv leaves", 9, 10, 7, conv({4, 8}, 1, 16, 6, Likelihood::kGaussian), 2, 33, 2},
        Case{"conv image", 8, 7, 8, conv({5, 6}, 2, 20, 7, Likelihood::kGaussian), 1, 17, 2}}) {
    c.channels = 3;
    expect_matches_twin(c);
    c.leaf.likelihood = Likelihood::kLogistic;
    c.missing = 0.4;
    expect_matches_twin(c);
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinWhereThreadsShareALeaf) {
  expect_matches_twin({"one leaf, many tiles", 10, 10, 10,
                       leaf(70, 3, 20, gaussian_config(MeanLink::kIdentity)), 1, 70, 7});
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinWhereEveryRowMatters) {
  for (Case c :
       {Case{"leaves", 14, 14, 7, leaf(30, 2, 25, Likelihood::kGaussian), 3, 70, 3},
        Case{"one leaf", 9, 9, 9, leaf(20, 2, 40, Likelihood::kGaussian), 1, 70, 3},
        Case{"conv leaves", 14, 14, 7, conv({4, 8}, 1, 20, 9, Likelihood::kGaussian), 2, 70, 2},
        Case{"one conv leaf", 9, 9, 9, conv({5, 6}, 2, 20, 40, Likelihood::kGaussian), 1, 70, 2}}) {
    c.all_rows_matter = true;
    expect_matches_twin(c);
  }
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinWherePixelsAreMissing) {
  for (const Likelihood likelihood : all_likelihoods()) {
    for (const bool all_rows_matter : {false, true}) {
      for (Case c : {Case{"leaves", 7, 10, 7, leaf(13, 1, 17, likelihood), 2, 20, 2},
                     Case{"one leaf", 5, 5, 5, leaf(9, 2, 6, likelihood), 1, 35, 3},
                     Case{"conv leaves", 7, 14, 7, conv({4, 8}, 1, 20, 9, likelihood), 2, 20, 2}}) {
        c.all_rows_matter = all_rows_matter;
        c.missing = 0.6;
        expect_matches_twin(c);
      }
    }
  }
}

// Modes of all lanes but every ninth, from the first samples of the encoder.
LaplaceProposals refined(const Fixture& f, LeafEngine& engine, double prior_share) {
  NoiseKey pilot = kNoise;
  pilot.purpose = Purpose::kPilot;
  pilot.prior_share = prior_share;
  std::vector<float> log_leaf_weight;
  for (std::size_t i = 0; i < f.rows(1); ++i) {
    log_leaf_weight.push_back(-0.25f * static_cast<float>(i % 7));
  }
  constexpr int kStarts = 3;
  LaplaceProposals found;
  found.reset(f.bank.experts(), kStarts, f.bank.config().latent, f.batch.stride);
  for (int start = 0; start < kStarts; ++start) {
    std::vector<int> samples;
    for (int i = 0; i < f.bank.experts() * f.batch.stride; ++i) {
      samples.push_back((i + i / f.batch.stride * kStarts + start) % 5);
    }
    engine.refine(f.parameters, f.batch, pilot,
                  {.log_leaf_weight = log_leaf_weight, .samples = samples, .is_first = start == 0},
                  found);
  }
  LaplaceProposals kept;
  kept.reset(f.bank.experts(), kStarts, f.bank.config().latent, f.batch.stride);
  for (int expert = 0; expert < f.bank.experts(); ++expert) {
    for (int lane = 0; lane < f.batch.stride; ++lane) {
      for (int i = 0; lane % 9 != 4 && i < found.modes(expert, lane); ++i) {
        const std::vector<double> mode = found.mode(expert, i, lane);
        kept.add(expert, lane, std::vector<float>(mode.begin(), mode.end()),
                 found.log_share(expert, i, lane), found.factor(expert, i, lane));
      }
    }
  }
  return kept;
}

TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinWhereLaplaceProposes) {
  for (Case c :
       {Case{"leaves", 14, 17, 7, leaf(30, 2, 9, Likelihood::kGaussian), 2, 40, 5},
        Case{"priors", 7, 14, 7,
             with_experts(1, leaf(20, 2, 5, Likelihood::kOrdinal), Network::kSharedMlp), 5, 40, 5},
        Case{"conv leaves", 14, 14, 7, conv({4, 8}, 1, 20, 9, Likelihood::kBinomial), 2, 40, 5}}) {
    for (const double missing : {0.0, 0.6}) {
      SCOPED_TRACE(c.name);
      c.missing = missing;
      const Fixture f(c);
      ThreadPool pool(2);
      const auto fused = make_fused_engine(f.bank, pool);
      NoiseKey noise = kNoise;
      noise.prior_share = 0.3;
      const LaplaceProposals proposals = refined(f, *fused, noise.prior_share);
      noise.laplace = &proposals;
      expect_log_weights_match_twin(f, c, noise, *fused, pool);
    }
  }
}

// Both engines climb from the same points by the same steps.
TEST(FusedEngine, FindsTheModesOfTheDoubleTwin) {
  for (const double missing : {0.0, 0.6}) {
    Case c{"priors", 4, 8, 4, with_experts(1, leaf(6, 1, 3, Likelihood::kGaussian)), 4, 12, 1};
    c.missing = missing;
    const Fixture f(c);
    ThreadPool pool(2);
    const LaplaceProposals actual = refined(f, *make_fused_engine(f.bank, pool), 0.3);
    const LaplaceProposals expected = refined(f, *make_reference_engine(f.bank, pool), 0.3);
    for (int expert = 0; expert < f.bank.experts(); ++expert) {
      for (int lane = 0; lane < f.batch.size; ++lane) {
        ASSERT_EQ(actual.modes(expert, lane), expected.modes(expert, lane));
        for (int number = 0; number < actual.modes(expert, lane); ++number) {
          const auto mode = actual.mode(expert, number, lane);
          const auto factor = actual.factor(expert, number, lane);
          for (std::size_t d = 0; d < mode.size(); ++d) {
            EXPECT_NEAR(mode[d], expected.mode(expert, number, lane)[d], 0.02) << lane;
          }
          for (std::size_t i = 0; i < factor.size(); ++i) {
            EXPECT_NEAR(factor[i], expected.factor(expert, number, lane)[i], 0.02 * (1 + factor[0]))
                << lane;
          }
        }
      }
    }
  }
}

// Bounds that some pixels' precisions reach and others do not; 1 is the least that there is.
TEST_P(OnEveryTarget, AgreesWithTheDoubleTwinWherePrecisionsAreBounded) {
  for (const double bound : {1.0, 1.05, 2.0}) {
    for (const double missing : {0.0, 0.6}) {
      for (const MeanLink link : {MeanLink::kSigmoid, MeanLink::kIdentity}) {
        Case c{"bound " + std::to_string(bound),
               14,
               14,
               7,
               leaf(30, 2, 25, gaussian_config(link, bound)),
               2,
               40,
               3};
        c.missing = missing;
        expect_matches_twin(c);
      }
    }
  }
}

TEST_P(OnEveryTarget, HasTheSameBitsWithoutABoundAndWithOneThatNothingReaches) {
  Case c{"leaves", 14, 14, 7, leaf(30, 2, 25, Likelihood::kGaussian), 2, 40, 3};
  const Fixture free(c);
  c.leaf.likelihood.gaussian.max_precision = 1e12;
  const Fixture bounded(c);
  ThreadPool pool(1);
  const auto bits = [&](const Fixture& f) {
    std::vector<float> all(f.rows(3) + f.layout.size());
    const auto engine = make_fused_engine(f.bank, pool);
    const std::span<float> whole(all);
    engine->log_weights(f.parameters, f.batch, kNoise, 0, 3, whole.first(f.rows(3)));
    engine->backward(f.parameters, f.batch, kNoise, 3, {row_gradients(f, c)},
                     whole.subspan(f.rows(3)));
    return all;
  };
  EXPECT_EQ(bits(free), bits(bounded));
}

// An image's score does not depend on what its neighbours in a tile lack, but for rounding.
TEST_P(OnEveryTarget, CompleteImagesAreScoredAlikeAmongPartlyObservedOnes) {
  Case c{"leaves", 14, 14, 7, leaf(30, 2, 25, Likelihood::kGaussian), 2, 40, 3};
  const Fixture complete(c);
  c.missing = 0.5;
  const Fixture partial(c);
  ThreadPool pool(1);
  NoiseKey noise = kNoise;
  noise.prior_share = 0.3;
  std::vector<float> expected(complete.rows(3));
  std::vector<float> actual(complete.rows(3));
  make_fused_engine(complete.bank, pool)
      ->log_weights(complete.parameters, complete.batch, noise, 0, 3, expected);
  make_fused_engine(partial.bank, pool)
      ->log_weights(partial.parameters, partial.batch, noise, 0, 3, actual);
  const auto stride = static_cast<std::size_t>(complete.batch.stride);
  int compared = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (i % stride % 5 != 1 || i % stride >= 40) continue;
    EXPECT_NEAR(actual[i], expected[i], 1e-5 * std::abs(expected[i]) + 1e-4) << i;
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

void expect_streamed_statistics(const Case& c) {
  SCOPED_TRACE(c.name);
  const int samples = 131;
  Fixture f(c);
  ThreadPool pool(2);
  const auto engine = make_fused_engine(f.bank, pool);
  std::vector<float> log_weight(f.rows(samples));
  engine->log_weights(f.parameters, f.batch, kNoise, 0, samples, log_weight);
  WeightStatistics statistics;
  engine->statistics(f.parameters, f.batch, kNoise, samples, statistics);
  ASSERT_EQ(statistics.samples, samples);
  WeightStatistics in_steps;
  in_steps.reset(f.bank.leaves(), f.bank.leaves_of_expert() > 1, f.batch.stride);
  for (const int step : {kStatisticsStep, samples - kStatisticsStep}) {
    engine->add_statistics(f.parameters, f.batch, kNoise, step, in_steps);
  }
  EXPECT_EQ(in_steps.samples, samples);
  EXPECT_EQ(in_steps.maximum, statistics.maximum);
  EXPECT_EQ(in_steps.sum, statistics.sum);
  EXPECT_EQ(in_steps.sum_squares, statistics.sum_squares);
  EXPECT_EQ(in_steps.block_sum, statistics.block_sum);
  for (int l = 0; l < f.bank.leaves(); ++l) {
    for (int b = 0; b < f.batch.size; ++b) {
      float maximum = -INFINITY;
      const auto w = [&](int s) {
        return log_weight[static_cast<std::size_t>((l * samples + s) * f.batch.stride + b)];
      };
      for (int s = 0; s < samples; ++s) maximum = std::max(maximum, w(s));
      double sum = 0, squares = 0;
      for (int s = 0; s < samples; ++s) {
        sum += std::exp(static_cast<double>(w(s) - maximum));
        squares += std::exp(2 * static_cast<double>(w(s) - maximum));
      }
      const auto at = static_cast<std::size_t>(l * f.batch.stride + b);
      EXPECT_EQ(statistics.maximum[at], maximum);
      EXPECT_NEAR(statistics.sum[at], sum, 1e-5 * sum);
      EXPECT_NEAR(statistics.sum_squares[at], squares, 1e-5 * squares);
      if (f.bank.leaves_of_expert() == 1) continue;
      for (int block = 0; block < kernels::kBlocks; ++block) {
        double part = 0;
        for (int s = block; s < samples; s += kernels::kBlocks) {
          part += std::exp(static_cast<double>(w(s) - maximum));
        }
        const auto row =
            static_cast<std::size_t>((l * kernels::kBlocks + block) * f.batch.stride + b);
        EXPECT_NEAR(statistics.block_sum[row], part, 1e-5 * sum);
      }
    }
  }
}

TEST_P(OnEveryTarget, StreamsStatisticsOfTheSameLogWeights) {
  const LeafConfig small = leaf(9, 2, 5, Likelihood::kGaussian);
  expect_streamed_statistics({"statistics", 8, 6, 4, small, 2, 35, 1});
  expect_streamed_statistics({"of experts", 8, 6, 4, with_experts(1, small), 3, 35, 1});
}

// All that an engine computes, for comparisons of bits.
std::vector<float> everything(const Case& c, int threads) {
  Fixture f(c);
  ThreadPool pool(threads);
  const auto engine = make_fused_engine(f.bank, pool);
  std::vector<float> result(f.rows(c.samples));
  engine->log_weights(f.parameters, f.batch, kNoise, 0, c.samples, result);
  std::vector<float> grad(f.layout.size());
  const std::vector<float> gradient = row_gradients(f, c);
  const std::vector<float> shares = row_shares(f, c);
  for (const RowGradient& rows : {RowGradient{gradient}, RowGradient{gradient, shares}}) {
    engine->backward(f.parameters, f.batch, kNoise, c.samples, rows, grad);
    result.insert(result.end(), grad.begin(), grad.end());
  }
  WeightStatistics statistics;
  engine->statistics(f.parameters, f.batch, kNoise, 70, statistics);
  result.insert(result.end(), statistics.maximum.begin(), statistics.maximum.end());
  for (const double x : statistics.sum) result.push_back(static_cast<float>(x));
  for (const std::vector<float>& values : encoded_and_decoded(f, *engine)) {
    result.insert(result.end(), values.begin(), values.end());
  }
  if (c.leaf.latent > 9) return result;  // the search takes Z + 1 passes a step
  NoiseKey noise = kNoise;
  const LaplaceProposals proposals = refined(f, *engine, 0);
  noise.laplace = &proposals;
  std::vector<float> log_weight(f.rows(c.samples));
  engine->log_weights(f.parameters, f.batch, noise, 0, c.samples, log_weight);
  result.insert(result.end(), log_weight.begin(), log_weight.end());
  return result;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<Case> cases_for_bits() {
  std::vector<Case> cases;
  for (LikelihoodConfig likelihood : all_likelihoods()) {
    likelihood.categorical.values = 9;  // 256 would take a minute
    cases.push_back({"circuit leaves", 14, 17, 7, leaf(30, 2, 25, likelihood), 2, 50, 5});
    cases.push_back({"one leaf", 12, 12, 12, leaf(65, 2, 33, likelihood), 1, 100, 5});
    cases.push_back({"conv leaves", 14, 17, 7, conv({4, 8}, 1, 64, 25, likelihood), 2, 50, 3});
    cases.push_back(
        {"one conv leaf", 12, 12, 12, conv({17, 20}, 2, 30, 33, likelihood), 1, 100, 3});
  }
  const LeafConfig small = leaf(30, 2, 9, Likelihood::kOrdinal);
  cases.push_back({"priors", 14, 17, 7, with_experts(1, small), 5, 50, 5});
  cases.push_back({"priors of one region", 12, 12, 12, with_experts(1, small), 5, 50, 5});
  cases.push_back({"shared", 14, 17, 7, with_experts(2, small, Network::kSharedMlp), 6, 50, 5});
  for (std::size_t i = cases.size(); i-- > 0;) {
    cases.push_back(cases[i]);
    cases.back().name += ", every row matters";
    cases.back().all_rows_matter = true;
    cases.push_back(cases[i]);
    cases.back().name += ", pixels are missing";
    cases.back().missing = 0.5;
  }
  return cases;
}

TEST(FusedEngineThreads, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Case& c : cases_for_bits()) {
    const auto one = everything(c, 1);
    EXPECT_TRUE(same_bits(one, everything(c, 2))) << c.name;
    EXPECT_TRUE(same_bits(one, everything(c, 3))) << c.name;
  }
}

TEST(FusedEngine, GivesTheSameBitsOnEveryTargetWithFusedMultiplyAdd) {
  for (const Case& c : cases_for_bits()) {
    std::vector<float> first;
    for (const char* target : kernels::supported_targets()) {
      ASSERT_TRUE(kernels::force_target(target));
      if (!kernels::table().fused_multiply_add) continue;
      const auto result = everything(c, 2);
      if (first.empty()) first = result;
      EXPECT_TRUE(same_bits(first, result)) << c.name << " on " << target;
    }
    kernels::force_target(nullptr);
  }
}

TEST(FusedEngine, LosesNothingWithTheRowsThatItLeavesOut) {
  for (const Case& c :
       {Case{"leaves", 14, 14, 7, leaf(30, 2, 25, Likelihood::kGaussian), 2, 64, 5},
        Case{"conv leaves", 14, 14, 7, conv({4, 8}, 1, 20, 9, Likelihood::kGaussian), 2, 64, 5},
        Case{"one leaf", 9, 9, 9, leaf(20, 2, 40, Likelihood::kGaussian), 1, 64, 5}}) {
    SCOPED_TRACE(c.name);
    Fixture f(c);
    ThreadPool pool(2);
    std::vector<float> gradient = row_gradients(f, c);
    for (float& g : gradient) {
      if (g < 0.6f) g *= 0.9f * kNegligibleRow;
    }
    const auto computed = [&](float negligible_row) {
      std::vector<float> grad(f.layout.size());
      make_fused_engine(f.bank, pool, negligible_row)
          ->backward(f.parameters, f.batch, kNoise, c.samples, {gradient}, grad);
      return grad;
    };
    const std::vector<float> with = computed(-1.0f);
    const std::vector<float> without = computed(kNegligibleRow);
    EXPECT_FALSE(same_bits(with, computed(0.9f)));
    for (const Tensor& tensor : f.layout.tensors()) {
      double difference = 0, norm = 0;
      for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        difference += std::pow(with[i] - without[i], 2);
        norm += std::pow(with[i], 2);
      }
      EXPECT_LE(std::sqrt(difference), 1e-6 * std::sqrt(norm)) << tensor.name;
    }
  }
}

TEST(FusedEngine, HasNoGradientWhereNoRowHasOne) {
  const Case c{"no rows", 14, 14, 7, leaf(30, 2, 25, Likelihood::kGaussian), 2, 64, 5};
  Fixture f(c);
  ThreadPool pool(1);
  const std::vector<float> gradient(f.rows(c.samples));
  std::vector<float> grad(f.layout.size(), 99.0f);
  make_fused_engine(f.bank, pool)
      ->backward(f.parameters, f.batch, kNoise, c.samples, {gradient}, grad);
  EXPECT_EQ(std::count(grad.begin(), grad.end(), 0.0f), static_cast<long>(grad.size()));
}

}  // namespace
}  // namespace spvae
