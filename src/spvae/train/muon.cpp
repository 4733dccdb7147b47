#include "spvae/train/muon.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

constexpr float kMomentum = 0.95f;
constexpr int kSteps = 5;
constexpr float kFirst = 3.4445f;
constexpr float kThird = -4.7750f;
constexpr float kFifth = 2.0315f;
// Of a gradient that is all but 0, the direction is noise.
constexpr double kLeastNorm = 1e-7;
constexpr std::size_t kPanel = kernels::kTile;

std::size_t whole_panels(std::size_t size) { return (size + kPanel - 1) / kPanel * kPanel; }

/// Row-major, both sides padded by zeros to whole panels.
struct Matrix {
  Matrix(std::size_t height, std::size_t length)
      : rows(height), columns(length), width(whole_panels(length)) {
    values.resize(whole_panels(rows) * width);
  }
  float* row(std::size_t i) { return values.data() + i * width; }
  const float* row(std::size_t i) const { return values.data() + i * width; }

  std::size_t rows;
  std::size_t columns;
  std::size_t width;
  AlignedVector<float> values;
};

/// sum += a·b, where b has as many rows as a has columns, or with `transposed` a·bᵀ.
void add_product(const Matrix& a, const Matrix& b, bool transposed, Matrix& sum) {
  AlignedVector<float> left(a.rows * kPanel);
  AlignedVector<float> right(transposed ? kPanel * sum.width : 0);
  for (std::size_t first = 0; first < a.columns; first += kPanel) {
    for (std::size_t i = 0; i < a.rows; ++i) {
      std::copy_n(a.row(i) + first, kPanel, left.data() + i * kPanel);
    }
    for (std::size_t i = 0; transposed && i < b.rows; ++i) {
      for (std::size_t k = 0; k < kPanel; ++k) {
        right[k * sum.width + i] = b.row(i)[first + k];
      }
    }
    kernels::table().outer_products(left.data(), static_cast<int>(a.rows),
                                    transposed ? right.data() : b.row(first),
                                    static_cast<int>(sum.width), sum.values.data());
  }
}

/// X ← aX + (bA + cA²)X, A = XXᵀ.
void step(Matrix& x) {
  Matrix square(x.rows, x.rows);
  add_product(x, x, true, square);
  Matrix polynomial(x.rows, x.rows);
  add_product(square, square, false, polynomial);
  for (std::size_t i = 0; i < polynomial.values.size(); ++i) {
    polynomial.values[i] = kThird * square.values[i] + kFifth * polynomial.values[i];
  }
  Matrix next(x.rows, x.columns);
  std::ranges::transform(x.values, next.values.begin(), [](float v) { return kFirst * v; });
  add_product(polynomial, x, false, next);
  x = std::move(next);
}

}  // namespace

void orthogonalise(std::span<float> matrix, int rows, int columns) {
  assert(matrix.size() == index(rows) * index(columns));
  const bool is_tall = rows > columns;
  Matrix x(index(std::min(rows, columns)), index(std::max(rows, columns)));
  const auto at = [&](std::size_t i, std::size_t j) -> float& {
    return is_tall ? matrix[j * x.rows + i] : matrix[i * x.columns + j];
  };
  double squares = 0;
  for (const float value : matrix) squares += double{value} * double{value};
  const auto scale = static_cast<float>(1 / (std::sqrt(squares) + kLeastNorm));
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.columns; ++j) x.row(i)[j] = scale * at(i, j);
  }
  for (int i = 0; i < kSteps; ++i) step(x);
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.columns; ++j) at(i, j) = x.row(i)[j];
  }
}

Muon::Muon(std::vector<WeightMatrix> matrices, double decay)
    : matrices_(std::move(matrices)), decay_(decay) {
  // The longest tasks first, so that threads end together.
  std::ranges::sort(matrices_, [](const WeightMatrix& a, const WeightMatrix& b) {
    return std::pair(b.size(), a.offset) < std::pair(a.size(), b.offset);
  });
}

void Muon::ascend(double rate, std::span<const float> gradient, std::span<float> momentum,
                  std::span<float> parameters, ThreadPool& pool) {
  pool.run(static_cast<int>(matrices_.size()), [&](int task, int) {
    const WeightMatrix& matrix = matrices_[index(task)];
    const auto g = gradient.subspan(matrix.offset, matrix.size());
    const auto m = momentum.subspan(matrix.offset, matrix.size());
    const auto w = parameters.subspan(matrix.offset, matrix.size());
    std::vector<float> direction(matrix.size());
    for (std::size_t i = 0; i < direction.size(); ++i) {
      m[i] = kMomentum * m[i] + (1 - kMomentum) * g[i];
      direction[i] = kMomentum * m[i] + (1 - kMomentum) * g[i];
    }
    orthogonalise(direction, matrix.rows, matrix.columns);
    const double shape = static_cast<double>(matrix.columns) / matrix.rows;
    const auto step_size = static_cast<float>(rate * std::sqrt(std::max(1.0, shape)));
    const auto kept = static_cast<float>(1 - rate * decay_);
    for (std::size_t i = 0; i < direction.size(); ++i) {
      w[i] = kept * w[i] + step_size * direction[i];
    }
  });
}

}  // namespace spvae
