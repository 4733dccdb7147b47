// The log-softmax of the sum weights. Included once for each target; see kernels.cpp.

#if defined(SPVAE_KERNELS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_SOFTMAX_INL_H_
#undef SPVAE_KERNELS_SOFTMAX_INL_H_
#else
#define SPVAE_KERNELS_SOFTMAX_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"
#include "spvae/kernels/cross_circuit.h"
#include "spvae/kernels/math_double-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Keep every weight, and every ratio of weights, far from under- and overflow.
inline constexpr double kMinLogWeight = -300;
inline constexpr double kMinWeight = 5.148200222412013e-131;  // e^−300

// Calls body(weights, log_weights) for kCircuitLanes weights at a time; those of an
// incomplete end are copies.
template <class Body>
HWY_INLINE void ForWeights(std::size_t count, double* weights, double* log_weights,
                           const Body& body) {
  std::size_t j = 0;
  for (; j + kCircuitLanes <= count; j += kCircuitLanes) body(weights + j, log_weights + j);
  if (j == count) return;
  double copies[2][kCircuitLanes] = {};
  std::copy_n(weights + j, count - j, copies[0]);
  std::copy_n(log_weights + j, count - j, copies[1]);
  body(copies[0], copies[1]);
  std::copy_n(copies[0], count - j, weights + j);
  std::copy_n(copies[1], count - j, log_weights + j);
}

HWY_INLINE float LargestOf(const float* x, std::size_t count) {
  const hn::CappedTag<float, kCircuitLanes> d;
  float largest = x[0];
  std::size_t j = 0;
  if (count >= hn::Lanes(d)) {
    auto most = hn::LoadU(d, x);
    for (; j + hn::Lanes(d) <= count; j += hn::Lanes(d)) most = hn::Max(most, hn::LoadU(d, x + j));
    largest = hn::GetLane(hn::MaxOfLanes(d, most));
  }
  for (; j < count; ++j) largest = std::max(largest, x[j]);
  return largest;
}

// Σ of each of kRows rows, in order; side by side, because each addition waits for the one before.
template <std::size_t kRows>
HWY_INLINE void RowTotals(const double* rows, std::size_t columns, double* totals) {
  double sums[kRows] = {};
  for (std::size_t j = 0; j < columns; ++j) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) sums[r] += rows[r * columns + j];
  }
  std::copy_n(sums, kRows, totals);
}

inline void SoftmaxRows(const float* logits, std::size_t rows, std::size_t columns, double* weights,
                        double* log_weights) {
  const hn::CappedTag<double, kCircuitLanes> d;
  constexpr std::size_t kRows = kCircuitLanes;
  for (std::size_t first = 0; first < rows; first += kRows) {
    const std::size_t count = std::min(rows - first, kRows);
    for (std::size_t r = first; r < first + count; ++r) {
      const float* row = logits + r * columns;
      const double largest = LargestOf(row, columns);
      double* centred = log_weights + r * columns;
      for (std::size_t j = 0; j < columns; ++j) centred[j] = double{row[j]} - largest;
      ForWeights(columns, weights + r * columns, centred, [&](double* w, double* lw) {
        for (std::size_t i = 0; i < kCircuitLanes; i += hn::Lanes(d)) {
          hn::StoreU(ExpDouble(d, hn::LoadU(d, lw + i)), d, w + i);
        }
      });
    }
    alignas(64) double totals[kRows] = {};
    alignas(64) double log_totals[kRows];
    const double* exps = weights + first * columns;
    if (count == kRows) {
      RowTotals<kRows>(exps, columns, totals);
    } else {
      for (std::size_t r = 0; r < count; ++r) RowTotals<1>(exps + r * columns, columns, totals + r);
    }
    LogArray(totals, log_totals, kRows);
    for (std::size_t r = 0; r < count; ++r) {
      const auto total = hn::Set(d, totals[r]);
      const auto log_total = hn::Set(d, log_totals[r]);
      const std::size_t row = (first + r) * columns;
      ForWeights(columns, weights + row, log_weights + row, [&](double* w, double* lw) {
        for (std::size_t i = 0; i < kCircuitLanes; i += hn::Lanes(d)) {
          hn::StoreU(hn::Max(hn::Div(hn::LoadU(d, w + i), total), hn::Set(d, kMinWeight)), d,
                     w + i);
          hn::StoreU(hn::Max(hn::Sub(hn::LoadU(d, lw + i), log_total), hn::Set(d, kMinLogWeight)),
                     d, lw + i);
        }
      });
    }
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SPVAE_KERNELS_SOFTMAX_INL_H_
