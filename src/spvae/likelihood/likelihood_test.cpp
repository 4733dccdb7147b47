#include "spvae/likelihood/likelihood.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {

void PrintTo(const LikelihoodConfig& config, std::ostream* out) {
  *out << likelihood_info(config.kind).name;
}

namespace {

using Vector = std::vector<double>;

// Each as its defaults have it, and with the least and the most of each of its counts.
std::vector<LikelihoodConfig> tested_configs() {
  std::vector<LikelihoodConfig> all;
  for (const Likelihood likelihood : all_likelihoods()) {
    all.emplace_back(likelihood);
    for (const Field<LikelihoodConfig>& field : likelihood_info(likelihood).fields) {
      if (field.info.type != FieldType::kInteger) continue;
      for (const double count : {field.info.minimum, field.info.maximum}) {
        field.set(all.emplace_back(likelihood), static_cast<int>(count));
      }
    }
  }
  return all;
}

// What every likelihood of the table must hold to.
class EveryLikelihood : public testing::TestWithParam<LikelihoodConfig> {
 protected:
  const LikelihoodInfo& info() const { return likelihood_info(GetParam().kind); }
  int values() const { return info().values(tested_.config); }

  // Outputs of the heads from gentle to wild.
  std::vector<Vector> heads() const {
    std::vector<Vector> all;
    for (const double scale : {0.1, 1.0, 3.0, 20.0}) {
      for (std::uint32_t i = 0; i < 8; ++i) {
        Vector heads(static_cast<std::size_t>(outputs_of_pixel(tested_.config)));
        for (std::size_t h = 0; h < heads.size(); ++h) {
          heads[h] = scale * random_normal({.seed = 3, .image = i}, static_cast<std::uint32_t>(h));
        }
        all.push_back(heads);
      }
    }
    return all;
  }

  // Some of the values that a pixel may have.
  Vector some_values() const {
    if (values() == 0) return {-0.2, 0.0, 0.3, 1.0};
    std::set<int> chosen;
    for (const int v : {0, 1, 2, 77, 254, 255}) chosen.insert(std::min(v, values() - 1));
    Vector result;
    for (const int v : chosen) result.push_back(static_cast<double>(v) / (values() - 1));
    return result;
  }

  TestedLikelihood tested_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Table, EveryLikelihood, testing::ValuesIn(tested_configs()),
                         [](const auto& test) {
                           std::string name(likelihood_info(test.param.kind).name);
                           return name + "_" + std::to_string(test.index);
                         });

TEST_P(EveryLikelihood, HasANameOfItsOwn) {
  const auto same = [&](Likelihood other) { return likelihood_info(other).name == info().name; };
  EXPECT_EQ(std::ranges::count_if(all_likelihoods(), same), 1);
}

TEST_P(EveryLikelihood, SumsToOne) {
  if (values() == 0) GTEST_SKIP() << "a density: its own test integrates it";
  for (const Vector& outputs : heads()) {
    double sum = 0;
    for (int v = 0; v < values(); ++v) {
      sum += std::exp(tested_.log_p(static_cast<double>(v) / (values() - 1), outputs));
    }
    EXPECT_NEAR(sum, 1, 1e-9) << outputs[0];
  }
}

TEST_P(EveryLikelihood, HasTheGradientOfFiniteDifferences) {
  constexpr double kStep = 1e-5;
  for (const Vector& outputs : heads()) {
    for (const double x : some_values()) {
      const Vector grad = tested_.grad_heads(x, outputs, 0.7);
      for (std::size_t h = 0; h < outputs.size(); ++h) {
        Vector above = outputs;
        Vector below = outputs;
        above[h] += kStep;
        below[h] -= kStep;
        const double slope = (tested_.log_p(x, above) - tested_.log_p(x, below)) / (2 * kStep);
        EXPECT_NEAR(grad[h], 0.7 * slope, 1e-5 * (1 + std::abs(slope)))
            << "x " << x << ", output " << h << " at " << outputs[h];
      }
    }
  }
}

TEST_P(EveryLikelihood, HasTheSharedGradientOfFiniteDifferences) {
  if (info().shared == nullptr) GTEST_SKIP() << "no shared parameters";
  constexpr double kStep = 1e-5;
  Vector parameters = tested_.parameters;
  const Vector outputs = heads()[9];
  const auto log_p = [&](double x) {
    const Vector table = likelihood_table(tested_.config, parameters);
    return pixel_log_likelihood({tested_.config, table, outputs}, x).value;
  };
  for (const double x : some_values()) {
    Vector ignored(outputs.size());
    Vector grad_table(tested_.table.size());
    pixel_log_likelihood({tested_.config, tested_.table, outputs}, x,
                         {.scale = 0.7, .heads = ignored, .table = grad_table});
    const Vector grad =
        pull_back_tables(tested_.config, parameters, std::vector<Vector>{grad_table, grad_table});
    ASSERT_EQ(grad.size(), parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double value = parameters[i];
      parameters[i] = value + kStep;
      const double above = log_p(x);
      parameters[i] = value - kStep;
      const double slope = (above - log_p(x)) / (2 * kStep);
      parameters[i] = value;
      EXPECT_NEAR(grad[i], 2 * 0.7 * slope, 1e-5 * (1 + std::abs(slope))) << x << ' ' << i;
    }
  }
}

TEST_P(EveryLikelihood, HasAMagnitudeOfAtLeastItsValue) {
  for (const Vector& outputs : heads()) {
    for (const double x : some_values()) {
      const auto term = pixel_log_likelihood({tested_.config, tested_.table, outputs}, x);
      EXPECT_GE(term.magnitude, std::abs(term.value) * (1 - 1e-12));
    }
  }
}

TEST_P(EveryLikelihood, IsFiniteWhateverTheHeads) {
  for (const double extreme : {-1e4, 1e4}) {
    Vector outputs(static_cast<std::size_t>(outputs_of_pixel(tested_.config)), extreme);
    outputs[0] = 50;
    for (const double x : some_values()) {
      EXPECT_TRUE(std::isfinite(tested_.log_p(x, outputs))) << extreme << ' ' << x;
      for (const double grad : tested_.grad_heads(x, outputs)) EXPECT_TRUE(std::isfinite(grad));
    }
  }
}

// A quantile from the upper tail mirrors the uniform number, hence the check of frequencies, not
// of the step: Kolmogorov's distance of n draws exceeds 1.95/√n with probability 0.001 (less, when
// discrete).
TEST_P(EveryLikelihood, DrawsByItsOwnProbabilities) {
  if (values() == 0) GTEST_SKIP() << "a density: its own test";
  constexpr int kDraws = 4000;
  for (const Vector& outputs : heads()) {
    const PixelDistribution p{tested_.config, tested_.table, outputs};
    Vector frequency(static_cast<std::size_t>(values()));
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const double scaled =
          (values() - 1) *
          draw_pixel(p, {.seed = 7, .purpose = Purpose::kSampling, .image = i, .leaf = 3}, 5);
      const auto v = static_cast<int>(std::lround(scaled));
      ASSERT_NEAR(scaled, v, 1e-9);
      ASSERT_TRUE(v >= 0 && v < values());
      frequency[static_cast<std::size_t>(v)] += 1.0 / kDraws;
    }
    double drawn = 0, expected = 0, distance = 0;
    for (int v = 0; v < values(); ++v) {
      drawn += frequency[static_cast<std::size_t>(v)];
      expected += std::exp(tested_.log_p(static_cast<double>(v) / (values() - 1), outputs));
      distance = std::max(distance, std::abs(drawn - expected));
    }
    EXPECT_LT(distance, 1.95 / std::sqrt(kDraws)) << "output 0 is " << outputs[0];
  }
}

TEST_P(EveryLikelihood, HasTheMeanOfItsEnumeration) {
  if (values() == 0) GTEST_SKIP() << "a density: its own test";
  for (const Vector& outputs : heads()) {
    double mean = 0;
    for (int v = 0; v < values(); ++v) {
      const double x = static_cast<double>(v) / (values() - 1);
      mean += x * std::exp(tested_.log_p(x, outputs));
    }
    EXPECT_NEAR(mean_pixel({tested_.config, tested_.table, outputs}), mean, 1e-9);
  }
}

}  // namespace
}  // namespace spvae
