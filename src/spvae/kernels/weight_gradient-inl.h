// Weight gradients: sums over rows of products of activations and deltas.
#if defined(SPVAE_KERNELS_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_WEIGHT_GRADIENT_INL_H_
#undef SPVAE_KERNELS_WEIGHT_GRADIENT_INL_H_
#else
#define SPVAE_KERNELS_WEIGHT_GRADIENT_INL_H_
#endif

#include "spvae/kernels/product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

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
    ForEachBlock<kBlockRows>(rows, [&]<int kRows>(int first) HWY_ATTR {
      OuterProductBlock<2, kRows>(tile + first * kTile, transposed + column, width,
                                  sum + first * width + column);
    });
  }
  for (; column < width; column += kLanes) {
    ForEachBlock<kBlockRows>(rows, [&]<int kRows>(int first) HWY_ATTR {
      OuterProductBlock<1, kRows>(tile + first * kTile, transposed + column, width,
                                  sum + first * width + column);
    });
  }
}

// Blocks of a tap's products: input channels × output channels, one accumulator each.
inline constexpr int kTapRows = kLanes >= 16 ? 4 : 3;
inline constexpr int kTapColumns = kLanes >= 16 ? 6 : 4;

template <int kRows, int kColumns>
HWY_INLINE void TapBlock(const Tap& tap, const float* HWY_RESTRICT input,
                         const float* HWY_RESTRICT delta, int columns, float* HWY_RESTRICT out) {
  const FloatTag d;
  const auto at = [columns](int r, int c) { return (r * columns + c) * kPartials; };
  for (int part = 0; part < kPartials; part += kLanes) {
    Float sum[kRows][kColumns];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 6
      for (int c = 0; c < kColumns; ++c) sum[r][c] = hn::Load(d, out + at(r, c) + part);
    }
    for (int y = 0; y < tap.rows; ++y) {
      const float* HWY_RESTRICT x = input + static_cast<std::ptrdiff_t>(y * tap.input_row) * kTile;
      const float* HWY_RESTRICT g = delta + static_cast<std::ptrdiff_t>(y * tap.delta_row) * kTile;
      for (int place = 0; place < tap.columns; ++place) {
#pragma GCC unroll 2
        for (int lane = part; lane < kTile; lane += kPartials) {
          Float row[kRows];
#pragma GCC unroll 4
          for (int r = 0; r < kRows; ++r) row[r] = hn::Load(d, x + r * kTile + lane);
#pragma GCC unroll 6
          for (int c = 0; c < kColumns; ++c) {
            const Float column = hn::Load(d, g + c * kTile + lane);
#pragma GCC unroll 4
            for (int r = 0; r < kRows; ++r) sum[r][c] = hn::MulAdd(row[r], column, sum[r][c]);
          }
        }
        x += static_cast<std::ptrdiff_t>(tap.input_column) * kTile;
        g += static_cast<std::ptrdiff_t>(tap.delta_column) * kTile;
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 6
      for (int c = 0; c < kColumns; ++c) hn::Store(sum[r][c], d, out + at(r, c) + part);
    }
  }
}

// Table::tap_products.
void TapProducts(const Tap& tap, const float* input, int rows, const float* delta, int columns,
                 float* partial) {
  ForEachBlock<kTapColumns>(columns, [&]<int kColumns>(int column) HWY_ATTR {
    ForEachBlock<kTapRows>(rows, [&]<int kRows>(int row) HWY_ATTR {
      TapBlock<kRows, kColumns>(
          tap, input + FloatsOf(row), delta + FloatsOf(column), columns,
          partial + (static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                     static_cast<std::size_t>(column)) *
                        kPartials);
    });
  });
}

// Table::fold_partials: halves, quarters, eighths, on every target.
void FoldPartials(const float* partial, std::size_t count, float* out) {
  const hn::FixedTag<float, 4> d;
  HWY_ALIGN float quarter[4];
  for (std::size_t i = 0; i < count; ++i) {
    const float* p = partial + i * kPartials;
    const auto low = hn::Add(hn::Load(d, p), hn::Load(d, p + 8));
    const auto high = hn::Add(hn::Load(d, p + 4), hn::Load(d, p + 12));
    hn::Store(hn::Add(low, high), d, quarter);
    out[i] = (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
