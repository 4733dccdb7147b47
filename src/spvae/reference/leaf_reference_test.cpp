#include "spvae/reference/leaf_reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <ostream>
#include <string>

#include "spvae/core/random.h"
#include "spvae/core/sigmoid.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

// One leaf region of `pixels` pixels with k_leaf leaves; in `rows` rows.
struct SmallLeaf {
  SmallLeaf(int pixels, const LeafConfig& config, int k_leaf = 1, int rows = 1)
      : bank(one_region(pixels), {rows, pixels / rows, 1}, k_leaf, config, layout),
        parameters(layout.size()) {}

  static RegionGraph one_region(int pixels) {
    Region region;
    for (int pixel = 0; pixel < pixels; ++pixel) region.scope.push_back(pixel);
    return RegionGraph(pixels, {region}, {});
  }

  std::span<double> tensor(const std::string& name) {
    const Tensor& found = layout.find("leaves.0." + name);
    return std::span(parameters).subspan(found.offset, found.size);
  }

  double log_weight(const Vector& pixels, const Vector& noise, int leaf = 0) const {
    return leaf_log_weight(bank, leaf, parameters, pixels, noise).value;
  }

  // With that of the parameters that the likelihood's pixels share.
  Vector gradient(int leaf, const Vector& pixels, const Vector& noise, const RowFactor& row,
                  const std::vector<bool>& observed = {}) const {
    Vector grad(parameters.size());
    const auto own = bank.likelihood_part(std::span<const double>(parameters));
    Vector grad_table(likelihood_table(bank.config().likelihood, own).size());
    leaf_backward(bank, leaf, parameters, pixels, noise, row, grad, grad_table, observed);
    const Vector shared = pull_back_tables(bank.config().likelihood, own, {{grad_table}});
    std::ranges::copy(shared, bank.likelihood_part(std::span<double>(grad)).begin());
    return grad;
  }

  ParameterLayout layout;
  LeafBank bank;
  Vector parameters;
};

Vector normals(std::size_t count, std::uint32_t seed, double scale) {
  Vector result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = scale * random_normal({.seed = seed}, static_cast<std::uint32_t>(i));
  }
  return result;
}

Vector pixel_values(std::size_t count, std::uint32_t seed,
                    const LikelihoodConfig& likelihood = {}) {
  const int values = likelihood_info(likelihood.kind).values(likelihood);
  const auto most = static_cast<std::uint32_t>(values > 0 ? values - 1 : 255);
  Vector result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = 1.0 * random_below({.seed = seed}, static_cast<std::uint32_t>(i), most + 1) / most;
  }
  result.front() = 0;
  result.back() = 1;
  return result;
}

double log_normal(double x, double mean, double variance) {
  return -0.5 * (std::log(2 * std::numbers::pi * variance) + (x - mean) * (x - mean) / variance);
}

double log_mean_exp(std::span<const double> values) {
  const double maximum = *std::ranges::max_element(values);
  double sum = 0;
  for (const double value : values) sum += std::exp(value - maximum);
  return maximum + std::log(sum / static_cast<double>(values.size()));
}

// log N(x; mean, covariance) by the Cholesky factor of covariance [D, D].
double log_multivariate_normal(Vector x, const Vector& mean, Vector covariance) {
  const std::size_t size = x.size();
  double result = 0;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = covariance[i * size + j];
      for (std::size_t k = 0; k < j; ++k)
        sum -= covariance[i * size + k] * covariance[j * size + k];
      covariance[i * size + j] = i == j ? std::sqrt(sum) : sum / covariance[j * size + j];
    }
    x[i] -= mean[i];
    for (std::size_t k = 0; k < i; ++k) x[i] -= covariance[i * size + k] * x[k];
    x[i] /= covariance[i * size + i];
    result += log_normal(x[i], 0, 1) - std::log(covariance[i * size + i]);
  }
  return result;
}

struct Case {
  std::string name;
  LeafConfig config;
  int pixels = 5;
  int rows = 1;
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class LeafGradient : public testing::TestWithParam<Case> {};

TEST_P(LeafGradient, IsThatOfCentralDifferences) {
  SmallLeaf leaf(GetParam().pixels, GetParam().config, 2, GetParam().rows);
  leaf.parameters = normals(leaf.parameters.size(), 1, 0.5);
  const Vector pixels =
      pixel_values(static_cast<std::size_t>(GetParam().pixels), 2, GetParam().config.likelihood);
  const Vector noise = normals(3, 3, 1);
  constexpr double kRowGradient = 0.7;
  const Vector grad = leaf.gradient(1, pixels, noise, {kRowGradient});

  double largest = 0;
  for (std::size_t i = 0; i < grad.size(); ++i) {
    constexpr double kStep = 1e-5;
    const double kept = leaf.parameters[i];
    leaf.parameters[i] = kept + kStep;
    const double above = leaf.log_weight(pixels, noise, 1);
    leaf.parameters[i] = kept - kStep;
    const double below = leaf.log_weight(pixels, noise, 1);
    leaf.parameters[i] = kept;
    const double slope = kRowGradient * (above - below) / (2 * kStep);
    ASSERT_NEAR(grad[i], slope, 2e-6 * (1 + std::abs(slope))) << "parameter " << i;
    largest = std::max(largest, std::abs(slope));
  }
  EXPECT_GT(largest, 0.01);
}

TEST_P(LeafGradient, OfAPartlyObservedRowIsThatOfCentralDifferences) {
  const auto count = static_cast<std::size_t>(GetParam().pixels);
  SmallLeaf leaf(GetParam().pixels, GetParam().config, 2, GetParam().rows);
  leaf.parameters = normals(leaf.parameters.size(), 1, 0.5);
  const Vector pixels = pixel_values(count, 2, GetParam().config.likelihood);
  const Vector noise = normals(3, 3, 1);
  RowObservation observation{.pixels = std::vector<bool>(count)};
  for (std::size_t i = 0; i < count; i += 2) observation.pixels[i] = true;
  constexpr double kRowGradient = 0.7;
  const Vector grad = leaf.gradient(1, pixels, noise, {kRowGradient}, observation.pixels);

  const auto log_weight = [&] {
    return leaf_log_weight(leaf.bank, 1, leaf.parameters, pixels, noise, observation).value;
  };
  double largest = 0;
  for (std::size_t i = 0; i < grad.size(); ++i) {
    constexpr double kStep = 1e-5;
    const double kept = leaf.parameters[i];
    leaf.parameters[i] = kept + kStep;
    const double above = log_weight();
    leaf.parameters[i] = kept - kStep;
    const double below = log_weight();
    leaf.parameters[i] = kept;
    const double slope = kRowGradient * (above - below) / (2 * kStep);
    ASSERT_NEAR(grad[i], slope, 2e-6 * (1 + std::abs(slope))) << "parameter " << i;
    largest = std::max(largest, std::abs(slope));
  }
  EXPECT_GT(largest, 0.01);
}

TEST_P(LeafGradient, AddsToWhatIsThereInProportionToTheRowGradient) {
  SmallLeaf leaf(GetParam().pixels, GetParam().config, 1, GetParam().rows);
  leaf.parameters = normals(leaf.parameters.size(), 1, 0.5);
  const Vector pixels =
      pixel_values(static_cast<std::size_t>(GetParam().pixels), 2, GetParam().config.likelihood);
  const Vector noise = normals(3, 3, 1);
  Vector once(leaf.parameters.size());
  Vector thrice(leaf.parameters.size());
  Vector grad_table(TestedLikelihood(GetParam().config.likelihood).table.size());
  leaf_backward(leaf.bank, 0, leaf.parameters, pixels, noise, {3}, once, grad_table);
  for (int i = 0; i < 3; ++i) {
    leaf_backward(leaf.bank, 0, leaf.parameters, pixels, noise, {1}, thrice, grad_table);
  }
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_NEAR(once[i], thrice[i], 1e-12 * (1 + std::abs(once[i])));
  }
}

// One case for every likelihood and link.
void add_cases(std::vector<Case>& cases, Case tested) {
  const std::string suffix = tested.name;
  const auto add = [&](const std::string& name) {
    tested.name = name + suffix;
    cases.push_back(tested);
  };
  for (const Likelihood likelihood : all_likelihoods()) {
    tested.config.likelihood = likelihood;
    add(std::string(likelihood_info(likelihood).name));
  }
  tested.config.likelihood = gaussian_config(MeanLink::kIdentity);
  add("gaussian_identity");
}

std::vector<Case> gradient_cases() {
  std::vector<Case> cases;
  for (int depth = 0; depth <= 3; ++depth) {
    add_cases(cases, {"Depth" + std::to_string(depth),
                      {.hidden = 4, .hidden_layers = depth, .latent = 3}});
  }
  for (const Network network : {Network::kJointMlp, Network::kSharedMlp}) {
    add_cases(cases, {network == Network::kJointMlp ? "Joint" : "Shared",
                      {.hidden = 4, .hidden_layers = 3, .latent = 3, .network = network}});
  }
  add_cases(cases, {"LearnedPriors",
                    {.hidden = 4, .latent = 3, .experts = 1, .priors = Priors::kLearned}});
  for (int stride = 1; stride <= 2; ++stride) {
    add_cases(
        cases,
        {"ConvStride" + std::to_string(stride),
         {.latent = 3, .network = Network::kConv, .filters = {2, 3}, .stride = stride, .dense = 4},
         12,
         3});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(AllLikelihoodsAndNetworks, LeafGradient,
                         testing::ValuesIn(gradient_cases()),
                         [](const auto& case_info) { return case_info.param.name; });

TEST(LeafLogWeight, IsTheRatioOfTheDensities) {
  SmallLeaf leaf(5, {.hidden = 4, .hidden_layers = 2, .latent = 3});
  leaf.parameters = normals(leaf.parameters.size(), 4, 0.6);
  const Vector pixels = pixel_values(5, 5);
  const Vector noise = normals(3, 6, 1);
  const CodeGaussian posterior = encode_leaf(leaf.bank, 0, leaf.parameters, pixels);
  const Vector z = latent_code(posterior, noise);
  const DecodedLeaf decoded = decode_leaf(leaf.bank, 0, leaf.parameters, z);
  double expected = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const Vector& heads = decoded.pixels[i];
    expected += log_normal(pixels[i], sigmoid(heads[0]), 1 / (1 + heads[1] * heads[1]));
  }
  for (std::size_t d = 0; d < z.size(); ++d) {
    const double variance = posterior.scale[d] * posterior.scale[d];
    expected += log_normal(z[d], 0, 1) - log_normal(z[d], posterior.mean[d], variance);
  }
  const LogWeight weight = leaf_log_weight(leaf.bank, 0, leaf.parameters, pixels, noise);
  EXPECT_NEAR(weight.value, expected, 1e-12 * weight.magnitude);
  EXPECT_GT(weight.magnitude, std::abs(weight.value));
}

TEST(LeafLogWeight, OfADecoderThatIgnoresZAndThePriorAsPosteriorIsLogPForEverySample) {
  for (const Likelihood likelihood : all_likelihoods()) {
    const LeafConfig config{.hidden = 4, .hidden_layers = 1, .latent = 3, .likelihood = likelihood};
    SmallLeaf leaf(5, config);
    const auto own = leaf.bank.likelihood_part(std::span<double>(leaf.parameters));
    std::ranges::copy(TestedLikelihood(likelihood).parameters, own.begin());
    const auto names = likelihood_info(likelihood).heads(config.likelihood);
    std::vector<Vector> biases;
    for (std::size_t h = 0; h < names.size(); ++h) {
      const std::size_t outputs = 5 * static_cast<std::size_t>(names[h].outputs);
      biases.push_back(normals(outputs, static_cast<std::uint32_t>(h), 0.8));
      const auto tensor = leaf.tensor("decoder_" + std::string(names[h].name) + ".1");
      std::ranges::copy(biases[h], tensor.last(outputs).begin());
    }
    const Vector pixels = pixel_values(5, 7, likelihood);
    double log_p = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      Vector heads;
      for (const Vector& bias : biases) {
        const std::size_t each = bias.size() / 5;
        heads.insert(heads.end(), bias.begin() + static_cast<std::ptrdiff_t>(i * each),
                     bias.begin() + static_cast<std::ptrdiff_t>((i + 1) * each));
      }
      log_p += TestedLikelihood(likelihood).log_p(pixels[i], heads);
    }
    for (std::uint32_t sample = 0; sample < 10; ++sample) {
      EXPECT_NEAR(leaf.log_weight(pixels, normals(3, sample, 1)), log_p, 1e-10);
    }
  }
}

// A linear-Gaussian VAE: x = W z + b + noise of precision 1 + g², with W [Z, D].
struct LinearGaussian {
  // With several leaves of one expert, learned priors.
  LinearGaussian(int pixels, int latent, int leaves = 1)
      : leaf(pixels,
             {.hidden_layers = 0,
              .latent = latent,
              .likelihood = gaussian_config(MeanLink::kIdentity),
              .experts = 1,
              .priors = leaves > 1 ? Priors::kLearned : Priors::kStandard},
             leaves),
        size(static_cast<std::size_t>(pixels)),
        latent_size(static_cast<std::size_t>(latent)),
        w(normals(latent_size * size, 11, 0.5)),
        b(normals(size, 12, 0.3)),
        g(normals(size, 13, 1)) {
    const auto mean = leaf.tensor("decoder_mean.0");
    std::ranges::copy(w, mean.begin());
    std::ranges::copy(b, mean.last(size).begin());
    std::ranges::copy(g, leaf.tensor("decoder_precision.0").last(size).begin());
    for (int j = 0; j < leaves; ++j) {
      const auto prior = leaf.bank.prior_part(std::span<double>(leaf.parameters), j);
      std::ranges::copy(normals(prior.size(), 14 + static_cast<std::uint32_t>(j), 0.7),
                        prior.begin());
    }
  }

  double precision(std::size_t pixel) const { return 1 + g[pixel] * g[pixel]; }

  double log_p(const Vector& x) const { return log_p(x, std::vector<bool>(size, true)); }

  /// Of the observed pixels alone.
  double log_p(const Vector& x, const std::vector<bool>& observed, int of = 0) const {
    const CodeGaussian prior = prior_of(leaf.bank, of, leaf.parameters);
    std::vector<std::size_t> pixels;
    for (std::size_t i = 0; i < size; ++i) {
      if (observed[i]) pixels.push_back(i);
    }
    Vector values;
    Vector means;
    Vector covariance;
    for (const std::size_t i : pixels) {
      values.push_back(x[i]);
      means.push_back(b[i]);
      for (std::size_t d = 0; d < latent_size; ++d) means.back() += w[d * size + i] * prior.mean[d];
      for (const std::size_t j : pixels) {
        double sum = i == j ? 1 / precision(i) : 0;
        for (std::size_t d = 0; d < latent_size; ++d) {
          sum += prior.scale[d] * prior.scale[d] * w[d * size + i] * w[d * size + j];
        }
        covariance.push_back(sum);
      }
    }
    return log_multivariate_normal(values, means, covariance);
  }

  SmallLeaf leaf;
  std::size_t size;
  std::size_t latent_size;
  Vector w;
  Vector b;
  Vector g;
};

struct Estimate {
  double mean = 0;
  double error = 0;  ///< standard error of the mean
};

/// Of p(x) from importance weights, relative to the true one.
Estimate relative_estimate(const Vector& log_weights, double log_p) {
  const auto count = static_cast<double>(log_weights.size());
  double sum = 0;
  double sum_squares = 0;
  for (const double log_weight : log_weights) {
    const double relative = std::exp(log_weight - log_p);
    sum += relative;
    sum_squares += relative * relative;
  }
  const double mean = sum / count;
  return {mean, std::sqrt((sum_squares / count - mean * mean) / count)};
}

/// Over nested divisions of the same samples the average bound rises surely (Jensen); returns the
/// last.
double expect_bounds_that_rise(const Vector& log_weights) {
  double former = -std::numeric_limits<double>::infinity();
  for (const std::size_t k : {1U, 5U, 50U, 5000U}) {
    double bound = 0;
    for (std::size_t first = 0; first < log_weights.size(); first += k) {
      bound += log_mean_exp(std::span(log_weights).subspan(first, k));
    }
    bound /= static_cast<double>(log_weights.size() / k);
    EXPECT_GT(bound, former) << k;
    former = bound;
  }
  return former;
}

/// Of one latent dimension: precision 1 + Σ w²λ, mean Σ wλ(x − b) / precision.
void set_exact_posterior(LinearGaussian& model) {
  double squared_g = 0;
  for (std::size_t i = 0; i < model.size; ++i) {
    squared_g += model.w[i] * model.w[i] * model.precision(i);
  }
  const auto mean = model.leaf.tensor("encoder_mean.0");
  for (std::size_t i = 0; i < model.size; ++i) {
    mean[i] = model.w[i] * model.precision(i) / (1 + squared_g);
    mean.back() -= mean[i] * model.b[i];
  }
  model.leaf.tensor("encoder_precision.0").back() = std::sqrt(squared_g);
}

// Doubly reparametrised, every sample says that the encoder is right; as it stands, only their mean
// does.
TEST(LinearGaussianVae, WithItsExactPosteriorGivesItsEncoderNoDoublyReparametrisedGradient) {
  LinearGaussian model(4, 1);
  set_exact_posterior(model);
  const Vector x = pixel_values(4, 3);
  for (std::uint32_t sample = 0; sample < 5; ++sample) {
    const Vector noise = normals(1, 100 + sample, 1);
    const Vector grad = model.leaf.gradient(0, x, noise, {.gradient = 0.8, .share = 0.3});
    const Vector plain = model.leaf.gradient(0, x, noise, {.gradient = 0.8});
    double largest = 0;
    for (const char* name : {"encoder_mean.0", "encoder_precision.0"}) {
      const Tensor& tensor = model.leaf.layout.find("leaves.0." + std::string(name));
      for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        EXPECT_NEAR(grad[i], 0, 1e-12) << name;
        largest = std::max(largest, std::abs(plain[i]));
      }
    }
    EXPECT_GT(largest, 0.01);
    for (const char* name : {"decoder_mean.0", "decoder_precision.0"}) {
      const Tensor& tensor = model.leaf.layout.find("leaves.0." + std::string(name));
      for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        EXPECT_EQ(grad[i], plain[i]) << name;
      }
    }
  }
}

TEST(LinearGaussianVae, WithItsExactPosteriorGivesLogPForEverySample) {
  LinearGaussian model(4, 1);
  set_exact_posterior(model);
  for (std::uint32_t image = 0; image < 5; ++image) {
    const Vector x = pixel_values(4, image);
    for (std::uint32_t sample = 0; sample < 5; ++sample) {
      EXPECT_NEAR(model.leaf.log_weight(x, normals(1, 100 + sample, 1)), model.log_p(x), 1e-10);
    }
  }
}

TEST(LinearGaussianVae, HasABoundThatRisesWithTheSamplesToItsClosedForm) {
  LinearGaussian model(4, 2);
  std::ranges::copy(normals(model.leaf.tensor("encoder_mean.0").size(), 20, 0.2),
                    model.leaf.tensor("encoder_mean.0").begin());
  std::ranges::fill(model.leaf.tensor("encoder_precision.0"), 0.2);
  const Vector x = pixel_values(4, 8);
  const double log_p = model.log_p(x);

  constexpr std::size_t kSamples = 20000;
  Vector log_weights(kSamples);
  for (std::size_t i = 0; i < kSamples; ++i) {
    log_weights[i] = model.leaf.log_weight(x, normals(2, static_cast<std::uint32_t>(1000 + i), 1));
  }
  // The importance weights are an unbiased estimate of p(x): five standard errors.
  const auto [mean, error] = relative_estimate(log_weights, log_p);
  EXPECT_LT(error, 0.02);
  EXPECT_NEAR(mean, 1, 5 * error);

  const double former = expect_bounds_that_rise(log_weights);
  EXPECT_NEAR(former, log_p, 5 * error);
}

// Half of the pixels missing: the weights of the defensive mixture are an unbiased estimate of the
// observed ones' density, whatever the encoder makes of the others, and none exceeds p(x|z)/α.
TEST(LinearGaussianVae, WithHalfOfItsPixelsMissingAgreesWithItsClosedForm) {
  LinearGaussian model(6, 2);
  std::ranges::copy(normals(model.leaf.tensor("encoder_mean.0").size(), 20, 0.5),
                    model.leaf.tensor("encoder_mean.0").begin());
  std::ranges::fill(model.leaf.tensor("encoder_precision.0"), 1.5);
  const Vector x = pixel_values(6, 8);
  const std::vector<bool> observed = {true, false, false, true, true, false};
  const double log_p = model.log_p(x, observed);
  for (const double share : {0.1, 0.5, 1.0}) {
    constexpr std::uint32_t kSamples = 20000;
    Vector log_weights;
    for (std::uint32_t i = 0; i < kSamples; ++i) {
      const RandomAddress row{.seed = 5, .sample = i};
      const RowObservation observation{
          .pixels = observed, .prior_share = share, .from_prior = prior_of_row(row, 2, share, 1)};
      log_weights.push_back(leaf_log_weight(model.leaf.bank, 0, model.leaf.parameters, x,
                                            normals(2, 1000 + i, 1), observation)
                                .value);
    }
    const auto [mean, error] = relative_estimate(log_weights, log_p);
    EXPECT_LT(error, 0.03);
    EXPECT_NEAR(mean, 1, 3 * error) << share;
    expect_bounds_that_rise(log_weights);
  }
}

// Three leaves of one expert, by the same codes: each estimates the density by its own prior, of
// whole images and of partly observed ones, and no weight exceeds 3·p(x|z)/α.
TEST(LinearGaussianVae, OfSeveralPriorsAgreesWithTheClosedFormOfEach) {
  LinearGaussian model(6, 2, 3);
  std::ranges::copy(normals(model.leaf.tensor("encoder_mean.0").size(), 20, 0.2),
                    model.leaf.tensor("encoder_mean.0").begin());
  const Vector x = pixel_values(6, 8);
  const std::vector<bool> whole(6, true);
  const std::vector<bool> part = {true, false, false, true, true, false};
  for (int of = 0; of < 3; ++of) {
    for (const double share : {0.0, 0.2, 1.0}) {
      const std::vector<bool>& observed = share > 0 ? part : whole;
      const double log_p = model.log_p(x, observed, of);
      Vector log_weights;
      for (std::uint32_t i = 0; i < 20000; ++i) {
        RowObservation observation;
        if (share > 0) {
          observation = {.pixels = observed,
                         .prior_share = share,
                         .from_prior = prior_of_row({.seed = 5, .sample = i}, 2, share, 3)};
        }
        log_weights.push_back(leaf_log_weight(model.leaf.bank, of, model.leaf.parameters, x,
                                              normals(2, 1000 + i, 1), observation)
                                  .value);
      }
      const auto [mean, error] = relative_estimate(log_weights, log_p);
      EXPECT_LT(error, 0.06) << of << " " << share;
      EXPECT_NEAR(mean, 1, 4 * error) << of << " " << share;
    }
  }
}

TEST(LeafLogWeight, OfALearnedPriorThatIsStandardIsThatOfTheStandardOne) {
  SmallLeaf plain(5, {.hidden = 4, .latent = 3});
  SmallLeaf learned(5, {.hidden = 4, .latent = 3, .priors = Priors::kLearned});
  plain.parameters = normals(plain.parameters.size(), 1, 0.5);
  std::ranges::copy(plain.parameters, learned.parameters.begin());
  const auto prior = learned.bank.prior_part(std::span<double>(learned.parameters), 0);
  ASSERT_EQ(prior.size(), 6U);
  std::ranges::fill(prior.last(3), prior_parameter(1));
  const Vector x = pixel_values(5, 2);
  EXPECT_NEAR(learned.log_weight(x, normals(3, 3, 1)), plain.log_weight(x, normals(3, 3, 1)),
              1e-12);
}

TEST(LeafLogWeight, IsZeroWhereNothingIsObserved) {
  LinearGaussian model(4, 2);
  EXPECT_EQ(leaf_log_weight(model.leaf.bank, 0, model.leaf.parameters, pixel_values(4, 1),
                            normals(2, 1, 1), {.pixels = std::vector<bool>(4), .prior_share = 0.5})
                .value,
            0);
}

TEST(LeafLogWeight, MovesWithTheParametersOfItsLeaf) {
  SmallLeaf leaf(5, {.hidden = 4, .hidden_layers = 2, .latent = 3}, 2);
  leaf.parameters = normals(leaf.parameters.size(), 4, 0.6);
  SmallLeaf swapped = leaf;
  for (const NetworkStack* network : leaf.bank.groups()[0].networks.all()) {
    for (const LayerStack& affine : *network) {
      const auto first = swapped.parameters.begin() + static_cast<std::ptrdiff_t>(affine.offset);
      const auto length = static_cast<std::ptrdiff_t>(affine.size());
      std::swap_ranges(first, first + length, first + length);
    }
  }
  const Vector pixels = pixel_values(5, 5);
  const Vector noise = normals(3, 6, 1);
  EXPECT_NE(leaf.log_weight(pixels, noise, 0), leaf.log_weight(pixels, noise, 1));
  EXPECT_EQ(leaf.log_weight(pixels, noise, 0), swapped.log_weight(pixels, noise, 1));
  EXPECT_EQ(leaf.log_weight(pixels, noise, 1), swapped.log_weight(pixels, noise, 0));
}

}  // namespace
}  // namespace spvae
