// The products of the layers, forward and input gradients: tiles of rows times weights.
#if defined(SPVAE_KERNELS_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_PRODUCT_INL_H_
#undef SPVAE_KERNELS_PRODUCT_INL_H_
#else
#define SPVAE_KERNELS_PRODUCT_INL_H_
#endif

#include <utility>

#include "spvae/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// Register block: kBlockRows × kBlockVectors accumulators, for each input a broadcast weight and
// kBlockVectors operands. Rows are outputs of one place, or of several places that share weights.
inline constexpr int kBlockVectors = kVectors < 2 ? 1 : 2;
inline constexpr int kBlockRows = kLanes >= 16 ? 12 : 6;

// Calls body(first, size) for blocks of nearly equal size, at most `most`, that cover [0, count).
template <class Body>
HWY_INLINE void ForEachBlock(int count, int most, const Body& body) {
  if (count <= most) return body(0, count);
  const int blocks = (count + most - 1) / most;
  const int size = count / blocks;
  int first = 0;
  for (int block = count % blocks - blocks; block < 0; ++block, first += size) body(first, size);
  for (; first < count; first += size + 1) body(first, size + 1);
}

enum class Start { kBias, kZero, kAccumulate };

HWY_INLINE std::size_t FloatsOf(int features) { return static_cast<std::size_t>(features) * kTile; }

// The sums of a block: kOutputs outputs of kPlaces places, kBlockVectors vectors of lanes each.
template <int kPlaces, int kOutputs>
struct Sums {
  Float of[kPlaces][kOutputs][kBlockVectors];

  // bias: of the outputs; out: the block's first output, out_step floats from place to place.
  HWY_INLINE void Begin(Start start, const float* HWY_RESTRICT bias, const float* HWY_RESTRICT out,
                        std::size_t out_step) {
    const FloatTag d;
#pragma GCC unroll 12
    for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 12
      for (int o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 2
        for (int v = 0; v < kBlockVectors; ++v) {
          const float* from = out + static_cast<std::size_t>(p) * out_step + o * kTile + v * kLanes;
          of[p][o][v] = start == Start::kBias   ? hn::Set(d, bias[o])
                        : start == Start::kZero ? hn::Zero(d)
                                                : hn::Load(d, from);
        }
      }
    }
  }

  // One run: weights `row` floats from one input to the next.
  HWY_INLINE void Add(const float* HWY_RESTRICT weights, std::size_t row, int length,
                      const float* HWY_RESTRICT in, std::size_t in_step) {
    const FloatTag d;
    for (int i = 0; i < length; ++i) {
      Float operand[kPlaces][kBlockVectors];
#pragma GCC unroll 12
      for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 2
        for (int v = 0; v < kBlockVectors; ++v) {
          operand[p][v] = hn::Load(d, in + static_cast<std::size_t>(p) * in_step + v * kLanes);
        }
      }
#pragma GCC unroll 12
      for (int o = 0; o < kOutputs; ++o) {
        const Float weight = hn::Set(d, weights[o]);
#pragma GCC unroll 12
        for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 2
          for (int v = 0; v < kBlockVectors; ++v) {
            of[p][o][v] = hn::MulAdd(weight, operand[p][v], of[p][o][v]);
          }
        }
      }
      weights += row;
      in += kTile;
    }
  }

  HWY_INLINE void End(float* HWY_RESTRICT out, std::size_t out_step) const {
    const FloatTag d;
#pragma GCC unroll 12
    for (int p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 12
      for (int o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 2
        for (int v = 0; v < kBlockVectors; ++v) {
          hn::Store(of[p][o][v], d,
                    out + static_cast<std::size_t>(p) * out_step + o * kTile + v * kLanes);
        }
      }
    }
  }
};

// A block of a dense layer: out[o][lane] = start + Σ_i weights[i][o] · in[i][lane], i in order. All
// arguments travel in registers.
template <Start kStart, int kOutputs>
void DenseBlock(const float* weights, std::size_t row, const float* bias, const float* in,
                int inputs, float* out) {
  for (int lane = 0; lane < kTile; lane += kBlockVectors * kLanes) {
    Sums<1, kOutputs> sums;
    sums.Begin(kStart, bias, out + lane, 0);
    sums.Add(weights, row, inputs, in + lane, 0);
    sums.End(out + lane, 0);
  }
}

// A block of outputs: its weights, `row` floats from one input to the next, and its bias.
struct Block {
  Start start;
  const float* weights;
  std::size_t row;
  const float* bias;
};

// A block of a convolution: the same over the runs of kPlaces places that share weights. in_step
// and out_step: floats from one place to the next.
template <int kPlaces, int kOutputs>
void PlacesBlock(const Block& block, const Run* runs, int count, const float* in, float* out,
                 std::size_t in_step, std::size_t out_step) {
  for (int lane = 0; lane < kTile; lane += kBlockVectors * kLanes) {
    Sums<kPlaces, kOutputs> sums;
    sums.Begin(block.start, block.bias, out + lane, out_step);
    for (int r = 0; r < count; ++r) {
      sums.Add(block.weights + static_cast<std::size_t>(runs[r].weight) * block.row, block.row,
               runs[r].length, in + static_cast<std::ptrdiff_t>(runs[r].input) * kTile + lane,
               in_step);
    }
    sums.End(out + lane, out_step);
  }
}

// A matrix [rows (+ 1, the bias)][columns] as a product reads it.
struct Matrix {
  const float* weights;
  int rows;  // with the bias, if any
  int columns;
  bool packed;
};

HWY_INLINE Block BlockOf(Start start, const Matrix& m, int first, int outputs) {
  const auto rows = static_cast<std::size_t>(m.rows);
  const std::size_t row = static_cast<std::size_t>(m.packed ? outputs : m.columns);
  const float* begin = m.weights + static_cast<std::size_t>(first) * (m.packed ? rows : 1);
  return {start, begin, row, begin + (rows - 1) * row};
}

// DenseBlock and PlacesBlock for all sizes that fit the registers.
struct BlockTables {
  void (*dense[3][kBlockRows + 1])(const float*, std::size_t, const float*, const float*, int,
                                   float*);  // [start][outputs]
  void (*places[kBlockRows + 1][kBlockRows + 1])(const Block&, const Run*, int, const float*,
                                                 float*, std::size_t, std::size_t);
};

template <int... kIndices>
constexpr BlockTables MakeBlockTables(std::integer_sequence<int, kIndices...>) {
  BlockTables tables{};
  const auto set = [&tables]<int kIndex>() {
    constexpr int kPlaces = kIndex / kBlockRows + 1;
    constexpr int kOutputs = kIndex % kBlockRows + 1;
    if constexpr (kPlaces * kOutputs <= kBlockRows) {
      tables.places[kPlaces][kOutputs] = &PlacesBlock<kPlaces, kOutputs>;
    }
    if constexpr (kPlaces <= 3) {
      constexpr auto kStart = static_cast<Start>(kPlaces - 1);
      tables.dense[kPlaces - 1][kOutputs] = &DenseBlock<kStart, kOutputs>;
    }
  };
  (set.template operator()<kIndices>(), ...);
  return tables;
}

inline constexpr BlockTables kBlockTables =
    MakeBlockTables(std::make_integer_sequence<int, kBlockRows * kBlockRows>());

HWY_INLINE void DenseProduct(Start start, const Matrix& matrix, int inputs, const float* in,
                             float* out) {
  const auto& blocks = kBlockTables.dense[static_cast<int>(start)];
  ForEachBlock(matrix.columns, kBlockRows, [&](int first, int outputs) HWY_ATTR {
    const Block block = BlockOf(start, matrix, first, outputs);
    blocks[outputs](block.weights, block.row, block.bias, in, inputs, out + FloatsOf(first));
  });
}

// out [places][columns][kTile] from in, both tiles, as `wiring` says.
HWY_NOINLINE void Product(Start start, const Wiring& wiring, const Matrix& matrix, const float* in,
                          float* out) {
  if (wiring.group_count == 0) return DenseProduct(start, matrix, wiring.inputs, in, out);
  ForEachBlock(matrix.columns, kBlockRows, [&](int first, int outputs) HWY_ATTR {
    const Block block = BlockOf(start, matrix, first, outputs);
    for (int g = 0; g < wiring.group_count; ++g) {
      const PlaceGroup& group = wiring.groups[g];
      const Run* runs = wiring.runs + group.first_run;
      const float* group_in = in + static_cast<std::ptrdiff_t>(group.input) * kTile;
      float* group_out = out + FloatsOf(group.output + first);
      const std::size_t in_step = FloatsOf(group.input_step);
      const std::size_t out_step = FloatsOf(group.output_step);
      ForEachBlock(group.places, kBlockRows / outputs, [&](int place, int places) HWY_ATTR {
        const auto p = static_cast<std::size_t>(place);
        kBlockTables.places[places][outputs](block, runs, group.runs, group_in + p * in_step,
                                             group_out + p * out_step, in_step, out_step);
      });
    }
  });
}

// Calls body.template operator()<size>(first) for the blocks of ForEachBlock.
template <int kSize, class Body>
HWY_INLINE void DispatchSize(int size, int first, const Body& body) {
  if constexpr (kSize > 0) {
    if (size == kSize) {
      body.template operator()<kSize>(first);
    } else {
      DispatchSize<kSize - 1>(size, first, body);
    }
  }
}

template <class Body>
HWY_INLINE void ForEachSizedBlock(int count, const Body& body) {
  ForEachBlock(count, kBlockRows,
               [&](int first, int size) HWY_ATTR { DispatchSize<kBlockRows>(size, first, body); });
}

// Table::pack.
void Pack(const float* HWY_RESTRICT weights, int rows, int columns, float* HWY_RESTRICT out) {
  ForEachSizedBlock(columns, [&]<int kOutputs>(int first) HWY_ATTR {
    const float* HWY_RESTRICT from = weights + first;
    for (int r = 0; r < rows; ++r) {
      for (int o = 0; o < kOutputs; ++o) out[o] = from[o];
      out += kOutputs;
      from += columns;
    }
  });
}

// Table::pack_transposed.
void PackTransposed(const float* HWY_RESTRICT weights, int taps, int rows, int columns,
                    float* HWY_RESTRICT out) {
  const auto row = static_cast<std::size_t>(columns);
  ForEachSizedBlock(rows, [&]<int kOutputs>(int first) HWY_ATTR {
    for (int tap = 0; tap < taps; ++tap) {
      const float* HWY_RESTRICT from = weights + static_cast<std::size_t>(tap * rows + first) * row;
      for (int c = 0; c < columns; ++c) {
        for (int o = 0; o < kOutputs; ++o) out[o] = from[static_cast<std::size_t>(o) * row];
        out += kOutputs;
        ++from;
      }
    }
  });
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
