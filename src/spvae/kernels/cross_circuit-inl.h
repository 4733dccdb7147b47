// The circuit's two passes over one tile of images. Included once for each target; see kernels.cpp.
//
// Values of a region are held as maximum + log(scaled), scaled in [0, 1]. A product of a partition
// is then exp(maximum_left + maximum_right − reference)·scaled_left·scaled_right: one exponential
// for all pairs of a partition instead of one for each weight.

#if defined(SPVAE_KERNELS_CROSS_CIRCUIT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_CROSS_CIRCUIT_INL_H_
#undef SPVAE_KERNELS_CROSS_CIRCUIT_INL_H_
#else
#define SPVAE_KERNELS_CROSS_CIRCUIT_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <limits>

#include "hwy/highway.h"
#include "spvae/kernels/cross_circuit.h"
#include "spvae/kernels/kernels.h"
#include "spvae/kernels/math_double-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using CircuitTag = hn::CappedTag<double, kCircuitLanes>;
using CircuitVector = hn::Vec<CircuitTag>;

/// Vectors of lanes that the sums advance by, for instruction-level parallelism.
inline constexpr std::size_t kCircuitBlock = 2;

/// A reference that can be subtracted: −∞ − −∞ would be NaN, −∞ − lowest is −∞.
HWY_INLINE CircuitVector FiniteReference(CircuitVector maximum) {
  const CircuitTag d;
  return hn::Max(maximum, hn::Set(d, std::numeric_limits<double>::lowest()));
}

/// Where the rows of a partition's two regions begin, at one lane.
template <class Number>
struct Sides {
  Number* left;
  Number* right;
  std::size_t lefts;
  std::size_t rights;
};

template <class Number>
HWY_INLINE Sides<Number> SidesOf(const CircuitGraph& graph, const CircuitPartition& partition,
                                 Number* nodes, std::size_t stride) {
  const CircuitRegion& left = graph.regions[partition.left];
  const CircuitRegion& right = graph.regions[partition.right];
  return {nodes + static_cast<std::size_t>(left.first_node) * stride,
          nodes + static_cast<std::size_t>(right.first_node) * stride,
          static_cast<std::size_t>(left.nodes), static_cast<std::size_t>(right.nodes)};
}

/// Log value of the best product of a partition.
HWY_INLINE CircuitVector PartitionMaximum(const CircuitPartition& partition, const double* maxima,
                                          std::size_t stride) {
  const CircuitTag d;
  return hn::Add(hn::LoadU(d, maxima + static_cast<std::size_t>(partition.left) * stride),
                 hn::LoadU(d, maxima + static_cast<std::size_t>(partition.right) * stride));
}

HWY_INLINE CircuitVector LoadBlock(const double* block, std::size_t u) {
  const CircuitTag d;
  return hn::LoadU(d, block + u * hn::Lanes(d));
}

/// Log value of the best product of a region, to be subtracted, for a block of lanes.
HWY_INLINE void BestProduct(const CircuitGraph& graph, const CircuitRegion& region,
                            const double* maxima, std::size_t stride, CircuitVector* best) {
  const CircuitTag d;
  const CircuitPartition* partitions = graph.partitions + region.first_partition;
  HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
    const double* block = maxima + u * hn::Lanes(d);
    CircuitVector largest = PartitionMaximum(partitions[0], block, stride);
    for (int p = 1; p < region.partitions; ++p) {
      largest = hn::Max(largest, PartitionMaximum(partitions[p], block, stride));
    }
    best[u] = FiniteReference(largest);
  }
}

/// exp(best product of a partition − reference) for a block of lanes.
HWY_INLINE void PartitionScale(const CircuitPartition& partition, const double* maxima,
                               std::size_t stride, const CircuitVector* reference,
                               CircuitVector* scale) {
  const CircuitTag d;
  HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
    const CircuitVector best = PartitionMaximum(partition, maxima + u * hn::Lanes(d), stride);
    scale[u] = ExpDouble(d, hn::Sub(best, reference[u]));
  }
}

/// Rows of log values → their maximum and exp(value − maximum).
HWY_INLINE void ScaledRows(const double* values, std::size_t values_step, std::size_t rows,
                           double* scaled, std::size_t scaled_step, double* maxima) {
  const CircuitTag d;
  for (std::size_t lane = 0; lane < kTile; lane += hn::Lanes(d)) {
    CircuitVector maximum = hn::LoadU(d, values + lane);
    for (std::size_t i = 1; i < rows; ++i) {
      maximum = hn::Max(maximum, hn::LoadU(d, values + i * values_step + lane));
    }
    hn::StoreU(maximum, d, maxima + lane);
    const CircuitVector reference = FiniteReference(maximum);
    for (std::size_t i = 0; i < rows; ++i) {
      const CircuitVector value = hn::LoadU(d, values + i * values_step + lane);
      hn::StoreU(ExpDouble(d, hn::Sub(value, reference)), d, scaled + i * scaled_step + lane);
    }
  }
}

/// Sums first_sum … first_sum + N − 1 of a region, relative to its best product, for the block of
/// lanes from `lane` on: Σ w·product in the order of the products, held in registers.
template <std::size_t N>
HWY_INLINE void SumsForward(const CircuitForward& pass, const CircuitRegion& region,
                            std::size_t first_sum, const CircuitVector* reference,
                            std::size_t lane) {
  const CircuitTag d;
  const CircuitGraph& graph = pass.graph;
  const std::size_t stride = pass.stride;
  const auto products = static_cast<std::size_t>(region.products);
  const double* weights = graph.weights + region.first_weight + first_sum * products;
  CircuitVector sums[N][kCircuitBlock];
  HWY_UNROLL(4) for (auto& sum : sums) {
    HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) sum[u] = hn::Zero(d);
  }
  const CircuitPartition* partition = graph.partitions + region.first_partition;
  for (int p = 0; p < region.partitions; ++p, ++partition) {
    const auto sides = SidesOf(graph, *partition, pass.scaled + lane, stride);
    CircuitVector scale[kCircuitBlock];
    PartitionScale(*partition, pass.maxima + lane, stride, reference, scale);
    for (std::size_t i = 0; i < sides.lefts; ++i) {
      CircuitVector left[kCircuitBlock];
      HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
        left[u] = hn::Mul(scale[u], LoadBlock(sides.left + i * stride, u));
      }
      for (std::size_t j = 0; j < sides.rights; ++j, ++weights) {
        CircuitVector product[kCircuitBlock];
        HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
          product[u] = hn::Mul(left[u], LoadBlock(sides.right + j * stride, u));
        }
        HWY_UNROLL(4) for (std::size_t n = 0; n < N; ++n) {
          const CircuitVector weight = hn::Set(d, weights[n * products]);
          HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
            sums[n][u] = hn::MulAdd(weight, product[u], sums[n][u]);
          }
        }
      }
    }
  }
  double* out = pass.scaled + (static_cast<std::size_t>(region.first_node) + first_sum) * stride;
  HWY_UNROLL(4) for (std::size_t n = 0; n < N; ++n) {
    HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
      hn::StoreU(sums[n][u], d, out + n * stride + lane + u * hn::Lanes(d));
    }
  }
}

/// values, scaled, maxima and totals of an internal region.
HWY_INLINE void SumRegionForward(const CircuitForward& pass, const CircuitRegion& region,
                                 double* maxima, double* totals) {
  const CircuitTag d;
  const std::size_t stride = pass.stride;
  const std::size_t first = static_cast<std::size_t>(region.first_node) * stride;
  const auto rows = static_cast<std::size_t>(region.nodes);
  for (std::size_t lane = 0; lane < kTile; lane += kCircuitBlock * hn::Lanes(d)) {
    CircuitVector reference[kCircuitBlock];
    BestProduct(pass.graph, region, pass.maxima + lane, stride, reference);
    for (std::size_t sum = 0; sum < rows; sum += 4) {
      switch (rows - sum) {
        case 1:
          SumsForward<1>(pass, region, sum, reference, lane);
          break;
        case 2:
          SumsForward<2>(pass, region, sum, reference, lane);
          break;
        case 3:
          SumsForward<3>(pass, region, sum, reference, lane);
          break;
        default:
          SumsForward<4>(pass, region, sum, reference, lane);
      }
    }
    for (std::size_t u = 0; u < kCircuitBlock; ++u) {
      const std::size_t place = lane + u * hn::Lanes(d);
      double* scaled = pass.scaled + first + place;
      double* values = pass.values + first + place;
      CircuitVector largest = hn::LoadU(d, scaled);
      for (std::size_t i = 1; i < rows; ++i) {
        largest = hn::Max(largest, hn::LoadU(d, scaled + i * stride));
      }
      // Where every product is impossible, 0 / smallest = 0.
      largest = hn::Max(largest, hn::Set(d, std::numeric_limits<double>::min()));
      CircuitVector maximum = hn::Set(d, -std::numeric_limits<double>::infinity());
      for (std::size_t i = 0; i < rows; ++i) {
        const CircuitVector sum = hn::LoadU(d, scaled + i * stride);
        const CircuitVector value = hn::Add(reference[u], LogDouble(d, sum));
        maximum = hn::Max(maximum, value);
        hn::StoreU(value, d, values + i * stride);
        hn::StoreU(hn::Div(sum, largest), d, scaled + i * stride);
      }
      hn::StoreU(maximum, d, maxima + place);
      hn::StoreU(largest, d, totals + place);
    }
  }
}

inline void RunCircuitForward(const CircuitForward& pass) {
  for (std::size_t r = 0; r < pass.graph.region_count; ++r) {
    const CircuitRegion& region = pass.graph.regions[r];
    double* maxima = pass.maxima + r * pass.stride;
    if (region.partitions == 0) {
      const std::size_t first = static_cast<std::size_t>(region.first_node) * pass.stride;
      ScaledRows(pass.values + first, pass.stride, static_cast<std::size_t>(region.nodes),
                 pass.scaled + first, pass.stride, maxima);
    } else {
      SumRegionForward(pass, region, maxima, pass.totals + r * pass.stride);
    }
  }
}

/// Adds kCircuitLanes numbers by folding the upper half on the lower one.
HWY_INLINE double FoldLanes(const double* x) {
  static_assert(kCircuitLanes == 8);
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/// scaled = sum / total. Hands d root / d scaled of the sums first_sum … first_sum + N − 1 of a
/// region on to the nodes below, and to their weights' sums, for the block of lanes from `lane` on.
template <std::size_t N>
HWY_INLINE void SumsBackward(const CircuitBackward& pass, const CircuitRegion& region,
                             std::size_t first_sum, const CircuitVector* reference,
                             const double* totals, std::size_t lane) {
  const CircuitTag d;
  const CircuitGraph& graph = pass.graph;
  const std::size_t stride = pass.stride;
  const auto products = static_cast<std::size_t>(region.products);
  const double* weights = graph.weights + region.first_weight + first_sum * products;
  double* lane_sums = pass.lane_sums + first_sum * products * kCircuitLanes;
  const double* grad_rows =
      pass.grad_scaled + (static_cast<std::size_t>(region.first_node) + first_sum) * kTile + lane;
  CircuitVector grad_sums[N][kCircuitBlock];
  HWY_UNROLL(4) for (std::size_t n = 0; n < N; ++n) {
    HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
      grad_sums[n][u] = hn::Div(LoadBlock(grad_rows + n * kTile, u), LoadBlock(totals + lane, u));
    }
  }
  const CircuitPartition* partition = graph.partitions + region.first_partition;
  for (int p = 0; p < region.partitions; ++p, ++partition) {
    const auto sides = SidesOf(graph, *partition, pass.scaled + lane, stride);
    const auto grad = SidesOf(graph, *partition, pass.grad_scaled + lane, kTile);
    CircuitVector scale[kCircuitBlock];
    PartitionScale(*partition, pass.maxima + lane, stride, reference, scale);
    for (std::size_t i = 0; i < sides.lefts; ++i) {
      CircuitVector left[kCircuitBlock];
      CircuitVector grad_left[kCircuitBlock];  // without scale
      HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
        left[u] = hn::Mul(scale[u], LoadBlock(sides.left + i * stride, u));
        grad_left[u] = hn::Zero(d);
      }
      for (std::size_t j = 0; j < sides.rights; ++j, ++weights, lane_sums += kCircuitLanes) {
        CircuitVector right[kCircuitBlock];
        CircuitVector product[kCircuitBlock];
        CircuitVector grad_product[kCircuitBlock];
        HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
          right[u] = LoadBlock(sides.right + j * stride, u);
          product[u] = hn::Mul(left[u], right[u]);
          grad_product[u] = hn::Zero(d);
        }
        HWY_UNROLL(4) for (std::size_t n = 0; n < N; ++n) {
          const CircuitVector weight = hn::Set(d, weights[n * products]);
          HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
            grad_product[u] = hn::MulAdd(weight, grad_sums[n][u], grad_product[u]);
            double* sum = lane_sums + n * products * kCircuitLanes +
                          (lane + u * hn::Lanes(d)) % kCircuitLanes;
            hn::StoreU(hn::MulAdd(grad_sums[n][u], product[u], hn::LoadU(d, sum)), d, sum);
          }
        }
        HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
          grad_left[u] = hn::MulAdd(grad_product[u], right[u], grad_left[u]);
          double* out = grad.right + j * kTile + u * hn::Lanes(d);
          hn::StoreU(hn::MulAdd(grad_product[u], left[u], hn::LoadU(d, out)), d, out);
        }
      }
      HWY_UNROLL(2) for (std::size_t u = 0; u < kCircuitBlock; ++u) {
        double* out = grad.left + i * kTile + u * hn::Lanes(d);
        hn::StoreU(hn::MulAdd(grad_left[u], scale[u], hn::LoadU(d, out)), d, out);
      }
    }
  }
}

/// grad_scaled of the nodes below an internal region, grad_weights of its own.
HWY_INLINE void SumRegionBackward(const CircuitBackward& pass, const CircuitRegion& region,
                                  const double* totals) {
  const CircuitTag d;
  const auto rows = static_cast<std::size_t>(region.nodes);
  const std::size_t count = rows * static_cast<std::size_t>(region.products);
  std::fill_n(pass.lane_sums, count * kCircuitLanes, 0.0);
  for (std::size_t lane = 0; lane < kTile; lane += kCircuitBlock * hn::Lanes(d)) {
    CircuitVector reference[kCircuitBlock];
    BestProduct(pass.graph, region, pass.maxima + lane, pass.stride, reference);
    for (std::size_t sum = 0; sum < rows; sum += 4) {
      switch (rows - sum) {
        case 1:
          SumsBackward<1>(pass, region, sum, reference, totals, lane);
          break;
        case 2:
          SumsBackward<2>(pass, region, sum, reference, totals, lane);
          break;
        case 3:
          SumsBackward<3>(pass, region, sum, reference, totals, lane);
          break;
        default:
          SumsBackward<4>(pass, region, sum, reference, totals, lane);
      }
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t weight = static_cast<std::size_t>(region.first_weight) + i;
    pass.grad_weights[weight] =
        pass.graph.weights[weight] * FoldLanes(pass.lane_sums + i * kCircuitLanes);
  }
}

inline void RunCircuitBackward(const CircuitBackward& pass) {
  const CircuitTag d;
  for (std::size_t r = pass.graph.region_count; r-- > 0;) {
    const CircuitRegion& region = pass.graph.regions[r];
    if (region.partitions != 0) {
      SumRegionBackward(pass, region, pass.totals + r * pass.stride);
      continue;
    }
    const auto first = static_cast<std::size_t>(region.first_node);
    for (std::size_t i = first; i < first + static_cast<std::size_t>(region.nodes); ++i) {
      for (std::size_t lane = 0; lane < kTile; lane += hn::Lanes(d)) {
        hn::StoreU(hn::Mul(hn::LoadU(d, pass.grad_scaled + i * kTile + lane),
                           hn::LoadU(d, pass.scaled + i * pass.stride + lane)),
                   d, pass.responsibilities + i * pass.responsibility_stride + lane);
      }
    }
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SPVAE_KERNELS_CROSS_CIRCUIT_INL_H_
