#include "spvae/train/muon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>
#include <vector>

namespace spvae {
namespace {

std::vector<float> random_numbers(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (float& number : numbers) number = normal(generator);
  return numbers;
}

using Rows = std::vector<std::vector<double>>;

Rows product(const Rows& a, const Rows& b) {
  Rows result(a.size(), std::vector<double>(b[0].size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < b.size(); ++k) {
      for (std::size_t j = 0; j < b[0].size(); ++j) result[i][j] += a[i][k] * b[k][j];
    }
  }
  return result;
}

Rows transposed(const Rows& a) {
  Rows result(a[0].size(), std::vector<double>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[0].size(); ++j) result[j][i] = a[i][j];
  }
  return result;
}

Rows rows_of(const std::vector<float>& matrix, std::size_t columns) {
  Rows rows;
  for (auto first = matrix.begin(); first != matrix.end();
       first += static_cast<std::ptrdiff_t>(columns)) {
    rows.emplace_back(first, first + static_cast<std::ptrdiff_t>(columns));
  }
  return rows;
}

/// As Muon's comment has it, in double; the shorter side's products equal those of the longer.
Rows twin(const Rows& matrix) {
  double squares = 0;
  for (const auto& row : matrix) {
    for (const double value : row) squares += value * value;
  }
  Rows x = matrix;
  for (auto& row : x) {
    for (double& value : row) value /= std::sqrt(squares);
  }
  for (int step = 0; step < 5; ++step) {
    const Rows a = product(x, transposed(x));
    const Rows a2 = product(a, a);
    const Rows ax = product(a, x);
    const Rows a2x = product(a2, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < x[0].size(); ++j) {
        x[i][j] = 3.4445 * x[i][j] - 4.7750 * ax[i][j] + 2.0315 * a2x[i][j];
      }
    }
  }
  return x;
}

class Orthogonalise : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Orthogonalise, FollowsItsTwinInDouble) {
  const auto [rows, columns] = GetParam();
  std::vector<float> matrix = random_numbers(static_cast<std::size_t>(rows * columns), 3);
  const Rows expected = twin(rows_of(matrix, static_cast<std::size_t>(columns)));
  orthogonalise(matrix, rows, columns);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const auto j = i % static_cast<std::size_t>(columns);
    ASSERT_NEAR(matrix[i], expected[i / static_cast<std::size_t>(columns)][j], 2e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Orthogonalise,
                         ::testing::Values(std::tuple(1, 1), std::tuple(1, 40), std::tuple(33, 2),
                                           std::tuple(31, 32), std::tuple(64, 64),
                                           std::tuple(70, 49)));

TEST(Orthogonalise, BringsSingularValuesNearOne) {
  // A diagonal matrix shows its singular values.
  constexpr std::size_t kSize = 6;
  std::vector<float> matrix(kSize * kSize);
  for (std::size_t i = 0; i < kSize; ++i) matrix[i * (kSize + 1)] = std::pow(0.4f, float(i));
  orthogonalise(matrix, kSize, kSize);
  for (std::size_t i = 0; i < kSize; ++i) {
    EXPECT_GT(matrix[i * (kSize + 1)], 0.6f) << i;
    EXPECT_LT(matrix[i * (kSize + 1)], 1.3f) << i;
  }
}

TEST(Orthogonalise, LeavesWhatIsNothingNothing) {
  for (const float value : {0.0f, 1e-42f, 1e-12f}) {
    std::vector<float> matrix(12, value);
    orthogonalise(matrix, 3, 4);
    for (const float number : matrix) {
      EXPECT_GE(number, 0);
      EXPECT_LT(number, 0.02f) << value;
    }
  }
}

TEST(Muon, TakesAwayTheShareThatDecays) {
  const std::vector<WeightMatrix> matrices = {{2, 5, 4}};
  const std::vector<float> gradient = random_numbers(30, 1);
  const auto after = [&](double decay) {
    ThreadPool pool(1);
    std::vector<float> momentum(30);
    std::vector<float> parameters(30, 2.0f);
    Muon(matrices, decay).ascend(0.1, gradient, momentum, parameters, pool);
    return parameters;
  };
  const std::vector<float> without = after(0);
  const std::vector<float> with = after(0.5);
  for (std::size_t i = 0; i < 30; ++i) {
    const bool is_matrix = i >= 2 && i < 22;
    EXPECT_NEAR(without[i] - with[i], is_matrix ? 0.1f * 0.5f * 2.0f : 0.0f, 1e-6f) << i;
  }
}

TEST(Muon, StepsAlongItsMomentumAndNowhereElse) {
  // Two matrices with other parameters around them; the second one is wide.
  const std::vector<WeightMatrix> matrices = {{2, 5, 4}, {25, 3, 12}};
  std::vector<std::vector<float>> results;
  const std::vector<float> first = random_numbers(70, 1);
  const std::vector<float> second = random_numbers(70, 2);
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    Muon muon(matrices, 0);
    std::vector<float> momentum(70);
    std::vector<float> parameters(70, 1.0f);
    muon.ascend(0.1, first, momentum, parameters, pool);
    muon.ascend(0.1, second, momentum, parameters, pool);
    results.push_back(parameters);
  }
  EXPECT_EQ(results[0], results[1]);
  std::vector<float> expected(70, 1.0f);
  for (const WeightMatrix& matrix : matrices) {
    const double shape = std::sqrt(std::max(1.0, double(matrix.columns) / matrix.rows));
    std::vector<float> momentum(matrix.size());
    for (const std::vector<float>* gradient : {&first, &second}) {
      std::vector<float> direction(matrix.size());
      for (std::size_t i = 0; i < matrix.size(); ++i) {
        const float g = (*gradient)[matrix.offset + i];
        momentum[i] = 0.95f * momentum[i] + 0.05f * g;
        direction[i] = 0.95f * momentum[i] + 0.05f * g;
      }
      const Rows step = twin(rows_of(direction, static_cast<std::size_t>(matrix.columns)));
      for (std::size_t i = 0; i < matrix.size(); ++i) {
        const auto columns = static_cast<std::size_t>(matrix.columns);
        expected[matrix.offset + i] +=
            static_cast<float>(0.1 * shape * step[i / columns][i % columns]);
      }
    }
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(results[0][i], expected[i], 1e-4) << i;
  }
}

}  // namespace
}  // namespace spvae
