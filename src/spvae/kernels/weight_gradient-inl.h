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

// Features that are transposed together, four in each 128-bit block of a vector.
using TransposedTag = hn::CappedTag<float, 8>;
inline constexpr int kTransposed = static_cast<int>(hn::MaxLanes(TransposedTag()));

// Four lanes of a feature, and of the fourth after it in the next block; zero beyond `features`.
template <class Tag>
HWY_INLINE hn::Vec<Tag> LoadBlocks(Tag d, const float* tile, int features) {
  const hn::FixedTag<float, 4> block;
  const auto low = features > 0 ? hn::Load(block, tile) : hn::Zero(block);
  if constexpr (hn::MaxLanes(d) == 8) {
    const auto high = features > 4 ? hn::Load(block, tile + 4 * kTile) : hn::Zero(block);
    return hn::Combine(d, high, low);
  } else {
    return low;
  }
}

// Four lanes of up to kTransposed features, rows of `tile` → columns of `out`.
HWY_INLINE void TransposeBlock(const float* HWY_RESTRICT tile, int features, std::size_t width,
                               float* HWY_RESTRICT out) {
  const TransposedTag d;
  const hn::Repartition<double, TransposedTag> pair;
  const auto r0 = LoadBlocks(d, tile, features);
  const auto r1 = LoadBlocks(d, tile + kTile, features - 1);
  const auto r2 = LoadBlocks(d, tile + 2 * kTile, features - 2);
  const auto r3 = LoadBlocks(d, tile + 3 * kTile, features - 3);
  const auto low01 = hn::BitCast(pair, hn::InterleaveLower(d, r0, r1));
  const auto high01 = hn::BitCast(pair, hn::InterleaveUpper(d, r0, r1));
  const auto low23 = hn::BitCast(pair, hn::InterleaveLower(d, r2, r3));
  const auto high23 = hn::BitCast(pair, hn::InterleaveUpper(d, r2, r3));
  hn::Store(hn::BitCast(d, hn::InterleaveLower(pair, low01, low23)), d, out);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(pair, low01, low23)), d, out + width);
  hn::Store(hn::BitCast(d, hn::InterleaveLower(pair, high01, high23)), d, out + 2 * width);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(pair, high01, high23)), d, out + 3 * width);
}

// Table::transpose_tile.
void TransposeTile(const float* HWY_RESTRICT tile, int features, float* HWY_RESTRICT out) {
  const auto width = static_cast<std::size_t>(padded(features));
  int f = 0;
  for (; f + kTransposed <= features; f += kTransposed) {
    for (int lane = 0; lane < kTile; lane += 4) {
      TransposeBlock(tile + f * kTile + lane, kTransposed, width,
                     out + static_cast<std::size_t>(lane) * width + f);
    }
  }
  if (f == features) return;
  for (int lane = 0; lane < kTile; lane += 4) {
    TransposeBlock(tile + f * kTile + lane, features - f, width,
                   out + static_cast<std::size_t>(lane) * width + f);
  }
}

// sum [kRows][kVectorCount vectors] += Σ_lane tile[row][lane] · transposed[lane][·].
template <int kVectorCount, int kRows>
void OuterProductBlock(const float* HWY_RESTRICT tile, const float* HWY_RESTRICT transposed,
                       std::size_t width, float* HWY_RESTRICT sum) {
  const FloatTag d;
  Float acc[kRows][kVectorCount];
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectorCount; ++v) {
      acc[r][v] = hn::Load(d, sum + static_cast<std::size_t>(r) * width + v * kLanes);
    }
  }
  for (int lane = 0; lane < kTile; ++lane) {
    Float operand[kVectorCount];
#pragma GCC unroll 2
    for (int v = 0; v < kVectorCount; ++v) operand[v] = hn::Load(d, transposed + v * kLanes);
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const Float scalar = hn::Set(d, tile[r * kTile + lane]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectorCount; ++v) {
        acc[r][v] = hn::MulAdd(scalar, operand[v], acc[r][v]);
      }
    }
    transposed += width;
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectorCount; ++v) {
      hn::Store(acc[r][v], d, sum + static_cast<std::size_t>(r) * width + v * kLanes);
    }
  }
}

struct OuterProductTable {
  void (*of[3][kBlockRows + 1])(const float*, const float*, std::size_t,
                                float*);  // [vectors][rows]
};

template <int... kIndices>
constexpr OuterProductTable MakeOuterProductTable(std::integer_sequence<int, kIndices...>) {
  OuterProductTable table{};
  ((table.of[1][kIndices + 1] = &OuterProductBlock<1, kIndices + 1>), ...);
  ((table.of[2][kIndices + 1] = &OuterProductBlock<2, kIndices + 1>), ...);
  return table;
}

inline constexpr OuterProductTable kOuterProductTable =
    MakeOuterProductTable(std::make_integer_sequence<int, kBlockRows>());

// Table::outer_products.
void OuterProducts(const float* tile, int rows, const float* transposed, int width, float* sum) {
  const auto row = static_cast<std::size_t>(width);
  for (int column = 0; column < width;) {
    const int vectors = width - column >= 2 * kLanes ? 2 : 1;
    ForEachBlock(rows, kBlockRows, [&](int first, int size) HWY_ATTR {
      kOuterProductTable.of[vectors][size](tile + FloatsOf(first), transposed + column, row,
                                           sum + static_cast<std::size_t>(first) * row + column);
    });
    column += vectors * kLanes;
  }
}

// Blocks of a tap's products: input channels × output channels, one accumulator each.
inline constexpr int kTapRows = kLanes >= 16 ? 4 : 3;
inline constexpr int kTapColumns = kLanes >= 16 ? 6 : 4;

template <int kRows, int kColumns>
void TapBlock(const Tap& tap, const float* HWY_RESTRICT input, const float* HWY_RESTRICT delta,
              int columns, float* HWY_RESTRICT out) {
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

struct TapTable {
  void (*of[kTapRows + 1][kTapColumns + 1])(const Tap&, const float*, const float*, int, float*);
};

template <int... kIndices>
constexpr TapTable MakeTapTable(std::integer_sequence<int, kIndices...>) {
  TapTable table{};
  ((table.of[kIndices / kTapColumns + 1][kIndices % kTapColumns + 1] =
        &TapBlock<kIndices / kTapColumns + 1, kIndices % kTapColumns + 1>),
   ...);
  return table;
}

inline constexpr TapTable kTapTable =
    MakeTapTable(std::make_integer_sequence<int, kTapRows * kTapColumns>());

// Table::tap_products.
void TapProducts(const Tap& tap, const float* input, int rows, const float* delta, int columns,
                 float* partial) {
  ForEachBlock(columns, kTapColumns, [&](int column, int column_count) HWY_ATTR {
    ForEachBlock(rows, kTapRows, [&](int row, int row_count) HWY_ATTR {
      const auto weight = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                          static_cast<std::size_t>(column);
      kTapTable.of[row_count][column_count](tap, input + FloatsOf(row), delta + FloatsOf(column),
                                            columns, partial + weight * kPartials);
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
