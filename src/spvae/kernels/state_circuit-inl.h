// The circuit of element-wise products: both passes over one tile of images, region by region, and
// the gradients of the weights over all tiles. Included once for each target; see kernels.cpp.

#if defined(SPVAE_KERNELS_STATE_CIRCUIT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_STATE_CIRCUIT_INL_H_
#undef SPVAE_KERNELS_STATE_CIRCUIT_INL_H_
#else
#define SPVAE_KERNELS_STATE_CIRCUIT_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <limits>

#include "spvae/kernels/cross_circuit-inl.h"
#include "spvae/kernels/state_circuit.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Register block of a product: kSumRows × kSumVectors accumulators.
inline constexpr std::size_t kSumLanes = hn::MaxLanes(CircuitTag());
inline constexpr std::size_t kSumVectors = kSumLanes >= 8 ? 4 : 2;

// A matrix whose element (row, term) is at data[row · row_step + term · term_step].
struct Coefficients {
  const double* data;
  std::size_t row_step;
  std::size_t term_step;
};

// out[row][·] = (is_first ? 0 : out[row][·]) + Σ_term a(row, term) · in[term][·], terms in order;
// in has rows of kTile numbers, out rows `out_step` apart of which kTile are written.
template <std::size_t kRows>
void ProductBlock(const Coefficients& a, std::size_t terms, const double* HWY_RESTRICT in,
                  bool is_first, double* HWY_RESTRICT out, std::size_t out_step) {
  const CircuitTag d;
  for (std::size_t lane = 0; lane < kTile; lane += kSumVectors * kSumLanes) {
    CircuitVector sums[kRows][kSumVectors];
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kSumVectors; ++v) {
        sums[r][v] =
            is_first ? hn::Zero(d) : hn::LoadU(d, out + r * out_step + lane + v * kSumLanes);
      }
    }
    const double* coefficient = a.data;
    const double* operand = in + lane;
    for (std::size_t term = 0; term < terms; ++term) {
      CircuitVector operands[kSumVectors];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kSumVectors; ++v) {
        operands[v] = hn::LoadU(d, operand + v * kSumLanes);
      }
#pragma GCC unroll 6
      for (std::size_t r = 0; r < kRows; ++r) {
        const CircuitVector weight = hn::Set(d, coefficient[r * a.row_step]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kSumVectors; ++v) {
          sums[r][v] = hn::MulAdd(weight, operands[v], sums[r][v]);
        }
      }
      coefficient += a.term_step;
      operand += kTile;
    }
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kSumVectors; ++v) {
        hn::StoreU(sums[r][v], d, out + r * out_step + lane + v * kSumLanes);
      }
    }
  }
}

// The same for any number of rows.
HWY_INLINE void ProductRows(Coefficients a, std::size_t rows, std::size_t terms, const double* in,
                            bool is_first, double* out, std::size_t out_step) {
  static_assert(kSumRows == 6);
  for (; rows >= kSumRows; rows -= kSumRows) {
    ProductBlock<kSumRows>(a, terms, in, is_first, out, out_step);
    a.data += kSumRows * a.row_step;
    out += kSumRows * out_step;
  }
  switch (rows) {
    case 1:
      return ProductBlock<1>(a, terms, in, is_first, out, out_step);
    case 2:
      return ProductBlock<2>(a, terms, in, is_first, out, out_step);
    case 3:
      return ProductBlock<3>(a, terms, in, is_first, out, out_step);
    case 4:
      return ProductBlock<4>(a, terms, in, is_first, out, out_step);
    case 5:
      return ProductBlock<5>(a, terms, in, is_first, out, out_step);
    default:
      return;
  }
}

HWY_INLINE std::size_t RowOf(std::int32_t row) { return static_cast<std::size_t>(row) * kTile; }

HWY_INLINE std::size_t BankRow(const StatePass& pass, std::size_t bank) {
  return (pass.region_count + bank) * kTile;
}

// Divides rows by the largest of them; total is that one, maximum its log relative to reference.
HWY_INLINE void ScaleRows(double* rows, std::size_t count, CircuitVector reference,
                          CircuitVector largest, double* total, double* maximum) {
  const CircuitTag d;
  hn::StoreU(hn::Add(reference, LogDouble(d, largest)), d, maximum);
  // Where all are impossible, 0 / smallest = 0.
  largest = hn::Max(largest, hn::Set(d, std::numeric_limits<double>::min()));
  hn::StoreU(largest, d, total);
  const CircuitVector factor = hn::Div(hn::Set(d, 1.0), largest);
  for (std::size_t i = 0; i < count; ++i, rows += kTile) {
    hn::StoreU(hn::Mul(hn::LoadU(d, rows), factor), d, rows);
  }
}

// The sums of a bank: their weights times the states of its region.
HWY_INLINE void BankSums(const StatePass& pass, std::size_t number) {
  const CircuitTag d;
  const CircuitBank& bank = pass.banks[number];
  const StateRegion& region = pass.regions[bank.region];
  const auto count = static_cast<std::size_t>(bank.sums);
  const auto branches = static_cast<std::size_t>(bank.branches);
  double* sums = pass.sums + RowOf(bank.first_sum);
  ProductRows({pass.weights + bank.first_weight, branches, 1}, count, branches,
              pass.scaled + RowOf(region.first_state), true, sums, kTile);
  for (std::size_t lane = 0; lane < kTile; lane += kSumLanes) {
    CircuitVector largest = hn::LoadU(d, sums + lane);
    for (std::size_t i = 1; i < count; ++i) {
      largest = hn::Max(largest, hn::LoadU(d, sums + i * kTile + lane));
    }
    const std::size_t row = BankRow(pass, number) + lane;
    ScaleRows(sums + lane, count, hn::LoadU(d, pass.maxima + RowOf(bank.region) + lane), largest,
              pass.totals + row, pass.maxima + row);
  }
}

// Log value of the best sums of a partition's banks, to be added.
HWY_INLINE CircuitVector BankMaxima(const StatePass& pass, std::size_t partition,
                                    std::size_t lane) {
  const CircuitTag d;
  const double* maxima = pass.maxima + BankRow(pass, 2 * partition) + lane;
  return hn::Add(hn::LoadU(d, maxima), hn::LoadU(d, maxima + kTile));
}

// The largest of these over a region's partitions: what its products are relative to.
HWY_INLINE CircuitVector StateReference(const StatePass& pass, const StateRegion& region,
                                        std::size_t lane) {
  const auto first = static_cast<std::size_t>(region.first_partition);
  CircuitVector largest = BankMaxima(pass, first, lane);
  for (std::size_t p = first + 1; p < first + static_cast<std::size_t>(region.partitions); ++p) {
    largest = hn::Max(largest, BankMaxima(pass, p, lane));
  }
  return FiniteReference(largest);
}

// exp(BankMaxima − reference): what a partition's products are scaled by.
HWY_INLINE CircuitVector PartitionFactor(const StatePass& pass, std::size_t partition,
                                         CircuitVector reference, std::size_t lane) {
  const CircuitTag d;
  return ExpDouble(d, hn::Sub(BankMaxima(pass, partition, lane), reference));
}

// scaled, maxima and totals of an internal region whose banks' sums are known.
HWY_INLINE void ProductStates(const StatePass& pass, std::size_t r) {
  const CircuitTag d;
  const StateRegion& region = pass.regions[r];
  for (std::size_t lane = 0; lane < kTile; lane += kSumLanes) {
    const CircuitVector reference = StateReference(pass, region, lane);
    CircuitVector largest = hn::Zero(d);
    double* scaled = pass.scaled + RowOf(region.first_state) + lane;
    for (std::int32_t i = 0; i < region.partitions; ++i) {
      const auto p = static_cast<std::size_t>(region.first_partition + i);
      const CircuitVector scale = PartitionFactor(pass, p, reference, lane);
      const double* left = pass.sums + RowOf(pass.banks[2 * p].first_sum) + lane;
      const double* right = pass.sums + RowOf(pass.banks[2 * p + 1].first_sum) + lane;
      for (std::int32_t k = 0; k < pass.banks[2 * p].sums; ++k) {
        const CircuitVector product =
            hn::Mul(hn::Mul(scale, hn::LoadU(d, left)), hn::LoadU(d, right));
        largest = hn::Max(largest, product);
        hn::StoreU(product, d, scaled);
        scaled += kTile;
        left += kTile;
        right += kTile;
      }
    }
    ScaleRows(pass.scaled + RowOf(region.first_state) + lane,
              static_cast<std::size_t>(region.states), reference, largest,
              pass.totals + r * kTile + lane, pass.maxima + r * kTile + lane);
  }
}

inline void RunStatesForward(const StatePass& pass, std::size_t r, const double* leaf_values,
                             std::size_t stride, double* root) {
  const StateRegion& region = pass.regions[r];
  if (region.partitions == 0) {
    const auto first = static_cast<std::size_t>(region.first_state);
    const auto states = static_cast<std::size_t>(region.states);
    ScaledRows(leaf_values + first * stride, stride, states, pass.scaled + first * kTile, kTile,
               pass.maxima + r * kTile);
    return;
  }
  const auto first = 2 * static_cast<std::size_t>(region.first_partition);
  const std::size_t banks = 2 * static_cast<std::size_t>(region.partitions);
  for (std::size_t bank = first; bank < first + banks; ++bank) BankSums(pass, bank);
  ProductStates(pass, r);
  if (r + 1 < pass.region_count) return;
  const std::size_t top = first + banks;
  BankSums(pass, top);
  std::copy_n(pass.maxima + BankRow(pass, top), kTile, root);
}

// d root / d sum of the banks below a region, from that of its states. In this order nothing
// overflows: scale · right / total ≤ 1 / left ≤ e^300. The sums are those before their scaling.
HWY_INLINE void SplitGradient(const StatePass& pass, std::size_t r, const double* grad_states) {
  const CircuitTag d;
  const StateRegion& region = pass.regions[r];
  for (std::size_t lane = 0; lane < kTile; lane += kSumLanes) {
    const CircuitVector one = hn::Set(d, 1.0);
    const CircuitVector reference = StateReference(pass, region, lane);
    const CircuitVector factor = hn::Div(one, hn::LoadU(d, pass.totals + r * kTile + lane));
    const double* grad_state = grad_states + lane;
    for (std::int32_t i = 0; i < region.partitions; ++i) {
      const auto p = static_cast<std::size_t>(region.first_partition + i);
      const double* totals = pass.totals + BankRow(pass, 2 * p) + lane;
      const CircuitVector scale = hn::Mul(PartitionFactor(pass, p, reference, lane), factor);
      const CircuitVector left_factor = hn::Div(one, hn::LoadU(d, totals));
      const CircuitVector right_factor = hn::Div(one, hn::LoadU(d, totals + kTile));
      std::size_t left = RowOf(pass.banks[2 * p].first_sum) + lane;
      std::size_t right = RowOf(pass.banks[2 * p + 1].first_sum) + lane;
      for (std::int32_t k = 0; k < pass.banks[2 * p].sums; ++k) {
        const CircuitVector grad = hn::LoadU(d, grad_state);
        const CircuitVector of_left =
            hn::Mul(grad, hn::Mul(scale, hn::LoadU(d, pass.sums + right)));
        const CircuitVector of_right =
            hn::Mul(grad, hn::Mul(scale, hn::LoadU(d, pass.sums + left)));
        hn::StoreU(hn::Mul(of_left, left_factor), d, pass.grad_sums + left);
        hn::StoreU(hn::Mul(of_right, right_factor), d, pass.grad_sums + right);
        grad_state += kTile;
        left += kTile;
        right += kTile;
      }
    }
  }
}

inline void RunStatesBackward(const StatePass& pass, std::size_t r, std::size_t active,
                              double* grad_states, double* responsibilities, std::size_t stride) {
  const CircuitTag d;
  const StateRegion& region = pass.regions[r];
  const auto states = static_cast<std::size_t>(region.states);
  if (r + 1 == pass.region_count) {
    const auto top = static_cast<std::size_t>(pass.readers[region.first_reader]);
    const double* maxima = pass.maxima + BankRow(pass, top);
    const double* totals = pass.totals + BankRow(pass, top);
    double* grad = pass.grad_sums + RowOf(pass.banks[top].first_sum);
    constexpr double kImpossible = -std::numeric_limits<double>::infinity();
    for (std::size_t lane = 0; lane < kTile; ++lane) {
      grad[lane] = lane < active && maxima[lane] != kImpossible ? 1 / totals[lane] : 0;
    }
  }
  for (std::int32_t i = 0; i < region.readers; ++i) {
    const CircuitBank& bank = pass.banks[pass.readers[region.first_reader + i]];
    ProductRows({pass.weights + bank.first_weight, 1, states}, states,
                static_cast<std::size_t>(bank.sums), pass.grad_sums + RowOf(bank.first_sum), i == 0,
                grad_states, kTile);
  }
  if (region.partitions != 0) return SplitGradient(pass, r, grad_states);
  const std::size_t first = RowOf(region.first_state);
  for (std::size_t i = 0; i < states; ++i) {
    double* out = responsibilities + (static_cast<std::size_t>(region.first_state) + i) * stride;
    for (std::size_t lane = 0; lane < kTile; lane += kSumLanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, grad_states + i * kTile + lane),
                         hn::LoadU(d, pass.scaled + first + i * kTile + lane)),
                 d, out + lane);
    }
    std::fill(out + active, out + kTile, 0.0);
  }
}

// rows [count][kTile] → out [kTile][kTile] transposed, columns from `count` on 0; count ≤ kTile.
HWY_INLINE void TransposeStates(const double* rows, std::size_t count, double* out) {
  const hn::Full128<double> d;
  for (std::size_t row = 0; row < kTile; row += 2) {
    for (std::size_t lane = 0; lane < kTile; lane += 2) {
      const double* from = rows + row * kTile + lane;
      const auto a = row < count ? hn::LoadU(d, from) : hn::Zero(d);
      const auto b = row + 1 < count ? hn::LoadU(d, from + kTile) : hn::Zero(d);
      hn::StoreU(hn::InterleaveLower(d, a, b), d, out + lane * kTile + row);
      hn::StoreU(hn::InterleaveUpper(d, a, b), d, out + (lane + 1) * kTile + row);
    }
  }
}

// The gradients of one sum: d root / d log weight is weight · `grad`; then through the softmax.
HWY_INLINE void RowGradient(const double* weights, std::size_t branches, double* grad,
                            std::size_t width, float* grad_logits) {
  const CircuitTag d;
  CircuitVector sums[kCircuitLanes / kSumLanes];
  for (auto& sum : sums) sum = hn::Zero(d);
  for (std::size_t j = 0; j < branches; ++j) grad[j] *= weights[j];
  for (std::size_t j = 0; j < width; j += kCircuitLanes) {
    for (std::size_t v = 0; v < kCircuitLanes / kSumLanes; ++v) {
      sums[v] = hn::Add(sums[v], hn::LoadU(d, grad + j + v * kSumLanes));
    }
  }
  alignas(64) double lanes[kCircuitLanes];
  for (std::size_t v = 0; v < kCircuitLanes / kSumLanes; ++v) {
    hn::StoreU(sums[v], d, lanes + v * kSumLanes);
  }
  const double total = FoldLanes(lanes);
  for (std::size_t j = 0; j < branches; ++j) {
    grad_logits[j] = static_cast<float>(grad[j] - weights[j] * total);
  }
}

// Images are the terms of these products, in order; the states stand in panels of kTile, image
// after image.
inline void RunSumGradient(const SumGradient& pass) {
  const std::size_t tiles = std::max<std::size_t>(1, (pass.images + kTile - 1) / kTile);
  const std::size_t panels = (pass.branches + kTile - 1) / kTile;
  const std::size_t width = panels * kTile;
  constexpr std::size_t kBlock = static_cast<std::size_t>(kTile) * kTile;
  double* grads = pass.work + panels * tiles * kBlock;  // [kSumRows, width]
  for (std::size_t panel = 0; panel < panels; ++panel) {
    const std::size_t count = std::min<std::size_t>(kTile, pass.branches - panel * kTile);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      TransposeStates(pass.states + tile * pass.states_step + panel * kBlock, count,
                      pass.work + (panel * tiles + tile) * kBlock);
    }
  }
  for (std::size_t first = 0; first < pass.sums; first += kSumRows) {
    const std::size_t rows = std::min(kSumRows, pass.sums - first);
    for (std::size_t panel = 0; panel < panels; ++panel) {
      for (std::size_t tile = 0; tile < tiles; ++tile) {
        const double* grad_sums = pass.grad_sums + tile * pass.grad_sums_step + first * kTile;
        ProductRows(
            {grad_sums, kTile, 1}, rows, std::min<std::size_t>(kTile, pass.images - tile * kTile),
            pass.work + (panel * tiles + tile) * kBlock, tile == 0, grads + panel * kTile, width);
      }
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t row = (first + r) * pass.branches;
      RowGradient(pass.weights + row, pass.branches, grads + r * width, width,
                  pass.grad_logits + row);
    }
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SPVAE_KERNELS_STATE_CIRCUIT_INL_H_
