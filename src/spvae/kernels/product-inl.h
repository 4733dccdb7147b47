// The products of the layers, forward and input gradients: tiles of rows times weights.
#if defined(SPVAE_KERNELS_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_PRODUCT_INL_H_
#undef SPVAE_KERNELS_PRODUCT_INL_H_
#else
#define SPVAE_KERNELS_PRODUCT_INL_H_
#endif

#include "spvae/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// Register block: kBlockRows × kBlockVectors accumulators, for each input a broadcast weight and
// kBlockVectors operands. Rows are outputs of one place, or of several places that share weights.
inline constexpr int kBlockVectors = kVectors < 2 ? 1 : 2;
inline constexpr int kBlockRows = kLanes >= 16 ? 12 : 6;

// Calls body.template operator()<rows>(first) with rows as a constant.
template <int kRows, class Body>
HWY_INLINE void DispatchRows(int rows, int first, const Body& body) {
  if constexpr (kRows > 0) {
    if (rows == kRows) {
      body.template operator()<kRows>(first);
    } else {
      DispatchRows<kRows - 1>(rows, first, body);
    }
  }
}

// The same for blocks of nearly equal height, at most kMax, that cover [0, count).
template <int kMax, class Body>
HWY_INLINE void ForEachBlock(int count, const Body& body) {
  const int blocks = (count + kMax - 1) / kMax;
  int first = 0;
  for (int block = 0; block < blocks; ++block) {
    const int rows = (count - first) / (blocks - block);
    DispatchRows<kMax>(rows, first, body);
    first += rows;
  }
}

enum class Start { kBias, kZero, kAccumulate };

// The weights of a block of outputs: `row` floats from one input to the next.
struct BlockWeights {
  const float* HWY_RESTRICT first;
  std::size_t row;
  const float* HWY_RESTRICT bias;
};

HWY_INLINE std::size_t FloatsOf(int features) { return static_cast<std::size_t>(features) * kTile; }

// One block: out[o][lane] = start + Σ over the runs' inputs, in order, of weight · in.
template <int kPlaces, int kOutputs>
HWY_INLINE void ProductBlock(Start start, const BlockWeights& weights, const Run* runs, int count,
                             const float* HWY_RESTRICT in, std::size_t in_step,
                             float* HWY_RESTRICT out, std::size_t out_step) {
  const FloatTag d;
  for (int lane = 0; lane < kTile; lane += kBlockVectors * kLanes) {
    Float sum[kPlaces][kOutputs][kBlockVectors];
#pragma GCC unroll 12
    for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 12
      for (int o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 2
        for (int v = 0; v < kBlockVectors; ++v) {
          if (start == Start::kBias) {
            sum[p][o][v] = hn::Set(d, weights.bias[o]);
          } else if (start == Start::kZero) {
            sum[p][o][v] = hn::Zero(d);
          } else {
            sum[p][o][v] = hn::Load(
                d, out + static_cast<std::size_t>(p) * out_step + o * kTile + lane + v * kLanes);
          }
        }
      }
    }
    for (int r = 0; r < count; ++r) {
      const float* HWY_RESTRICT w =
          weights.first + static_cast<std::size_t>(runs[r].weight) * weights.row;
      const float* HWY_RESTRICT x = in + static_cast<std::ptrdiff_t>(runs[r].input) * kTile + lane;
      const int length = runs[r].length;
      for (int i = 0; i < length; ++i) {
        Float operand[kPlaces][kBlockVectors];
#pragma GCC unroll 12
        for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 2
          for (int v = 0; v < kBlockVectors; ++v) {
            operand[p][v] = hn::Load(d, x + static_cast<std::size_t>(p) * in_step + v * kLanes);
          }
        }
#pragma GCC unroll 12
        for (int o = 0; o < kOutputs; ++o) {
          const Float weight = hn::Set(d, w[o]);
#pragma GCC unroll 12
          for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 2
            for (int v = 0; v < kBlockVectors; ++v) {
              sum[p][o][v] = hn::MulAdd(weight, operand[p][v], sum[p][o][v]);
            }
          }
        }
        w += weights.row;
        x += kTile;
      }
    }
#pragma GCC unroll 12
    for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 12
      for (int o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 2
        for (int v = 0; v < kBlockVectors; ++v) {
          hn::Store(sum[p][o][v], d,
                    out + static_cast<std::size_t>(p) * out_step + o * kTile + lane + v * kLanes);
        }
      }
    }
  }
}

// A matrix [rows (+ 1, the bias)][columns] as a product reads it.
struct Matrix {
  const float* weights;
  int rows;  // with the bias, if any
  int columns;
  bool packed;
};

HWY_INLINE BlockWeights WeightsOfBlock(const Matrix& m, int first, int outputs) {
  const auto rows = static_cast<std::size_t>(m.rows);
  const std::size_t row = static_cast<std::size_t>(m.packed ? outputs : m.columns);
  const float* begin = m.weights + static_cast<std::size_t>(first) * (m.packed ? rows : 1);
  return {begin, row, begin + (rows - 1) * row};
}

// out [places][columns][kTile] from in, both tiles, as `wiring` says.
HWY_NOINLINE void Product(Start start, const Wiring& wiring, const Matrix& matrix,
                          const float* HWY_RESTRICT in, float* HWY_RESTRICT out) {
  ForEachBlock<kBlockRows>(matrix.columns, [&]<int kOutputs>(int first) HWY_ATTR {
    const BlockWeights weights = WeightsOfBlock(matrix, first, kOutputs);
    for (int g = 0; g < wiring.group_count; ++g) {
      const PlaceGroup& group = wiring.groups[g];
      const Run* runs = wiring.runs + group.first_run;
      const std::size_t in_step = FloatsOf(group.input_step);
      const std::size_t out_step = FloatsOf(group.output_step);
      ForEachBlock<kBlockRows / kOutputs>(group.places, [&]<int kPlaces>(int place) HWY_ATTR {
        const auto p = static_cast<std::size_t>(place);
        ProductBlock<kPlaces, kOutputs>(
            start, weights, runs, group.runs,
            in + static_cast<std::ptrdiff_t>(group.input) * kTile + p * in_step, in_step,
            out + FloatsOf(group.output + first) + p * out_step, out_step);
      });
    }
  });
}

// Table::pack.
void Pack(const float* HWY_RESTRICT weights, int rows, int columns, float* HWY_RESTRICT out) {
  ForEachBlock<kBlockRows>(columns, [&]<int kOutputs>(int first) HWY_ATTR {
    const float* HWY_RESTRICT from = weights + first;
    for (int r = 0; r < rows; ++r) {
      for (int o = 0; o < kOutputs; ++o) *out++ = from[o];
      from += columns;
    }
  });
}

// Table::pack_transposed.
void PackTransposed(const float* HWY_RESTRICT weights, int taps, int rows, int columns,
                    float* HWY_RESTRICT out) {
  const auto row = static_cast<std::size_t>(columns);
  ForEachBlock<kBlockRows>(rows, [&]<int kOutputs>(int first) HWY_ATTR {
    for (int tap = 0; tap < taps; ++tap) {
      const float* HWY_RESTRICT from = weights + static_cast<std::size_t>(tap * rows + first) * row;
      for (int c = 0; c < columns; ++c) {
        for (int o = 0; o < kOutputs; ++o) *out++ = from[static_cast<std::size_t>(o) * row];
        ++from;
      }
    }
  });
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
