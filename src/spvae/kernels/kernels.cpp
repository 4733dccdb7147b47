#include "spvae/kernels/kernels.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "spvae/simd/targets.h"
//
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "spvae/kernels/kernels.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

// clang-format off
#include "hwy/highway.h"
#include "spvae/kernels/cross_circuit-inl.h"
#include "spvae/kernels/leaf-inl.h"
#include "spvae/kernels/softmax-inl.h"
#include "spvae/kernels/state_circuit-inl.h"
#include "spvae/kernels/training-inl.h"
#include "spvae/kernels/weight_gradient-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

const Table& TargetTable() {
  static const Table kTable = {
      hwy::TargetName(HWY_TARGET),
      HWY_NATIVE_FMA != 0,
      Normals,
      PreparePrior,
      PixelPlanes,
      Encode,
      Decode,
      DecodeCodes,
      LogWeight,
      DecodeBackward,
      AddPriorSums,
      PriorGradient,
      EncodeBackward,
      Pack,
      PackTransposed,
      TransposeTile,
      OuterProducts,
      TapProducts,
      FoldPartials,
      Importance,
      Accumulate,
      Adam,
      RunCircuitForward,
      RunCircuitBackward,
      RunStatesForward,
      RunStatesBackward,
      RunSumGradient,
      SoftmaxRows,
      ExpArray,
      LogArray,
  };
  return kTable;
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spvae::kernels {
namespace {

HWY_EXPORT(TargetTable);

std::atomic<const Table*> chosen{nullptr};

// The best target among `mask`.
const Table* choose(std::int64_t mask) {
  hwy::SetSupportedTargetsForTest(mask);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  const Table* table = &HWY_DYNAMIC_DISPATCH(TargetTable)();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return table;
}

}  // namespace

std::size_t sum_gradient_work(std::size_t branches, std::size_t images) {
  constexpr std::size_t kRow = kTile;
  const std::size_t width = (branches + kRow - 1) / kRow * kRow;
  return width * (std::max((images + kRow - 1) / kRow, std::size_t{1}) * kRow + kSumRows);
}

std::vector<const char*> supported_targets() {
  std::vector<const char*> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    names.push_back(hwy::TargetName(target));
  }
  return names;
}

bool force_target(const char* name) {
  if (name == nullptr) {
    chosen = choose(0);
    return true;
  }
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (std::strcmp(hwy::TargetName(target), name) == 0) {
      chosen = choose(target);
      return true;
    }
  }
  return false;
}

const Table& table() {
  const Table* current = chosen;
  if (current != nullptr) return *current;
  if (!force_target(std::getenv("SPVAE_SIMD"))) force_target(nullptr);
  return *chosen;
}

}  // namespace spvae::kernels
#endif  // HWY_ONCE
