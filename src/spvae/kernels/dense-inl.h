// Matrix products of a tile: affine layers forward, deltas backward, weight gradients.
#if defined(SPVAE_KERNELS_DENSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_DENSE_INL_H_
#undef SPVAE_KERNELS_DENSE_INL_H_
#else
#define SPVAE_KERNELS_DENSE_INL_H_
#endif

#include "spvae/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// Register block: kBlockRows × kBlockVectors accumulators, one broadcast and kBlockVectors
// operands.
inline constexpr int kBlockVectors = kVectors < 2 ? 1 : 2;
inline constexpr int kBlockRows = kLanes >= 16 ? 12 : 6;

// Calls body.template operator()<rows>(first) for blocks of nearly equal height, at most
// kBlockRows, that cover [0, count).
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

template <class Body>
HWY_INLINE void ForEachBlock(int count, const Body& body) {
  const int blocks = (count + kBlockRows - 1) / kBlockRows;
  int first = 0;
  for (int block = 0; block < blocks; ++block) {
    const int rows = (count - first) / (blocks - block);
    DispatchRows<kBlockRows>(rows, first, body);
    first += rows;
  }
}

enum class Start { kBias, kZero, kAccumulate };

// out[o][lane] = start + Σ_i weights[i·outputs + o] · in[i][lane], inputs in order.
template <Start kStart, int kRows>
HWY_INLINE void ProductBlock(const float* HWY_RESTRICT weights, int inputs, int outputs,
                             const float* HWY_RESTRICT in, float* HWY_RESTRICT out) {
  const FloatTag d;
  for (int lane = 0; lane < kTile; lane += kBlockVectors * kLanes) {
    Float sum[kRows][kBlockVectors];
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < kBlockVectors; ++v) {
        if constexpr (kStart == Start::kBias) {
          sum[r][v] = hn::Set(d, weights[inputs * outputs + r]);
        } else if constexpr (kStart == Start::kZero) {
          sum[r][v] = hn::Zero(d);
        } else {
          sum[r][v] = hn::Load(d, out + r * kTile + lane + v * kLanes);
        }
      }
    }
    const float* HWY_RESTRICT w = weights;
    const float* HWY_RESTRICT x = in + lane;
    for (int i = 0; i < inputs; ++i) {
      Float operand[kBlockVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kBlockVectors; ++v) operand[v] = hn::Load(d, x + v * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) {
        const Float weight = hn::Set(d, w[r]);
#pragma GCC unroll 2
        for (int v = 0; v < kBlockVectors; ++v) {
          sum[r][v] = hn::MulAdd(weight, operand[v], sum[r][v]);
        }
      }
      w += outputs;
      x += kTile;
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < kBlockVectors; ++v) {
        hn::Store(sum[r][v], d, out + r * kTile + lane + v * kLanes);
      }
    }
  }
}

template <Start kStart>
HWY_NOINLINE void Product(const float* weights, int inputs, int outputs, const float* in,
                          float* out) {
  ForEachBlock(outputs, [&]<int kRows>(int first) HWY_ATTR {
    ProductBlock<kStart, kRows>(weights + first, inputs, outputs, in, out + first * kTile);
  });
}

HWY_INLINE void SoftplusInPlace(float* HWY_RESTRICT values, int count) {
  const FloatTag d;
  for (int i = 0; i < count; i += 2 * kLanes) {
    const Float first = Softplus(hn::Load(d, values + i));
    const Float second = Softplus(hn::Load(d, values + i + kLanes));
    hn::Store(first, d, values + i);
    hn::Store(second, d, values + i + kLanes);
  }
}

// delta ⊙ softplus', from the softplus s itself: 1 − e^−s; right also where s is tiny, since Adam
// makes whole steps of tiny gradients.
HWY_INLINE void MultiplyBySoftplusSlope(const float* HWY_RESTRICT s, float* HWY_RESTRICT delta,
                                        int count) {
  const FloatTag d;
  for (int i = 0; i < count; i += kLanes) {
    const Float slope = OneMinusExpOfMinus(hn::Load(d, s + i));
    hn::Store(hn::Mul(hn::Load(d, delta + i), slope), d, delta + i);
  }
}

HWY_INLINE void FillOnes(float* row) {
  for (int i = 0; i < kTile; i += kLanes) hn::Store(Constant(1.0f), FloatTag(), row + i);
}

HWY_INLINE void MlpForward(const Mlp& mlp, const float* in, const MlpTrace& trace) {
  for (int i = 0; i < mlp.count; ++i) {
    const Affine& layer = mlp.layers[i];
    Product<Start::kBias>(layer.weights, layer.inputs, layer.outputs, in, trace.output[i]);
    if (i + 1 < mlp.count) {
      SoftplusInPlace(trace.output[i], layer.outputs * kTile);
      FillOnes(trace.output[i] + layer.outputs * kTile);
    }
    in = trace.output[i];
  }
}

// From the last layer's delta to those of all others.
HWY_INLINE void MlpBackward(const Mlp& mlp, const MlpTrace& trace) {
  for (int i = mlp.count - 1; i > 0; --i) {
    const Affine& layer = mlp.layers[i];
    Product<Start::kZero>(layer.transposed, layer.outputs, layer.inputs, trace.delta[i],
                          trace.delta[i - 1]);
    MultiplyBySoftplusSlope(trace.output[i - 1], trace.delta[i - 1], layer.inputs * kTile);
  }
}

// Table::transpose: blocks that stay in L1.
void Transpose(const float* weights, int rows, int columns, float* out) {
  constexpr int kBlock = 16;
  for (int r0 = 0; r0 < rows; r0 += kBlock) {
    const int r1 = HWY_MIN(r0 + kBlock, rows);
    for (int c0 = 0; c0 < columns; c0 += kBlock) {
      const int c1 = HWY_MIN(c0 + kBlock, columns);
      for (int r = r0; r < r1; ++r) {
        for (int c = c0; c < c1; ++c) {
          out[static_cast<std::size_t>(c) * static_cast<std::size_t>(rows) +
              static_cast<std::size_t>(r)] =
              weights[static_cast<std::size_t>(r) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(c)];
        }
      }
    }
  }
}

// Table::transpose_tile: 4×4 blocks, 128 bits of each of four rows.
void TransposeTile(const float* HWY_RESTRICT tile, int features, float* HWY_RESTRICT out) {
  const hn::FixedTag<float, 4> d;
  const hn::FixedTag<double, 2> pair;
  const int width = padded(features);
  const int whole = features / 4 * 4;
  for (int f = 0; f < whole; f += 4) {
    for (int lane = 0; lane < kTile; lane += 4) {
      const float* in = tile + f * kTile + lane;
      const auto r0 = hn::Load(d, in);
      const auto r1 = hn::Load(d, in + kTile);
      const auto r2 = hn::Load(d, in + 2 * kTile);
      const auto r3 = hn::Load(d, in + 3 * kTile);
      const auto low01 = hn::BitCast(pair, hn::InterleaveLower(d, r0, r1));
      const auto high01 = hn::BitCast(pair, hn::InterleaveUpper(d, r0, r1));
      const auto low23 = hn::BitCast(pair, hn::InterleaveLower(d, r2, r3));
      const auto high23 = hn::BitCast(pair, hn::InterleaveUpper(d, r2, r3));
      float* to = out + lane * width + f;
      hn::Store(hn::BitCast(d, hn::InterleaveLower(pair, low01, low23)), d, to);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(pair, low01, low23)), d, to + width);
      hn::Store(hn::BitCast(d, hn::InterleaveLower(pair, high01, high23)), d, to + 2 * width);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(pair, high01, high23)), d, to + 3 * width);
    }
  }
  for (int lane = 0; lane < kTile; ++lane) {
    for (int f = whole; f < features; ++f) out[lane * width + f] = tile[f * kTile + lane];
    for (int f = features; f < width; ++f) out[lane * width + f] = 0.0f;
  }
}

template <int kVectorCount, int kRows>
HWY_INLINE void OuterProductBlock(const float* HWY_RESTRICT tile,
                                  const float* HWY_RESTRICT transposed, int width,
                                  float* HWY_RESTRICT sum) {
  const FloatTag d;
  Float acc[kRows][kVectorCount];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectorCount; ++v) acc[r][v] = hn::Load(d, sum + r * width + v * kLanes);
  }
  for (int lane = 0; lane < kTile; ++lane) {
    Float operand[kVectorCount];
#pragma GCC unroll 2
    for (int v = 0; v < kVectorCount; ++v) {
      operand[v] = hn::Load(d, transposed + lane * width + v * kLanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Float scalar = hn::Set(d, tile[r * kTile + lane]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectorCount; ++v) {
        acc[r][v] = hn::MulAdd(scalar, operand[v], acc[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectorCount; ++v) hn::Store(acc[r][v], d, sum + r * width + v * kLanes);
  }
}

// Table::outer_products.
void OuterProducts(const float* tile, int rows, const float* transposed, int width, float* sum) {
  constexpr int kPair = 2 * kLanes;
  int column = 0;
  for (; column + kPair <= width; column += kPair) {
    ForEachBlock(rows, [&]<int kRows>(int first) HWY_ATTR {
      OuterProductBlock<2, kRows>(tile + first * kTile, transposed + column, width,
                                  sum + first * width + column);
    });
  }
  for (; column < width; column += kLanes) {
    ForEachBlock(rows, [&]<int kRows>(int first) HWY_ATTR {
      OuterProductBlock<1, kRows>(tile + first * kTile, transposed + column, width,
                                  sum + first * width + column);
    });
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
