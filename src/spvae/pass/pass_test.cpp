#include "spvae/pass/pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "spvae/model/data_units.h"
#include "spvae/model/engine.h"

namespace spvae {
namespace {

class PassOfASmallModel : public ::testing::Test {
 protected:
  PassOfASmallModel()
      : model_({.height = 4, .width = 4, .delta = 2, .leaf = {.hidden = 5, .latent = 3}}),
        engine_((model_.initialise(1), make_engine(Engine::kFused, model_.leaves(), pool_))) {
    ImageSet images = empty_images(model_.config());
    for (std::uint32_t image = 0; image < 5; ++image) {
      images.indices.push_back(image);
      for (int v = 0; v < 16; ++v) {
        images.values.push_back(static_cast<float>((v * (static_cast<int>(image) + 3)) % 7) / 7);
      }
    }
    const std::vector<std::uint32_t> rows = {0, 1, 2, 3, 4};
    gather_model_batch(model_, images, rows, Imputation::kPatchMean, batch_);
  }
  bool run(const PassSettings& settings, Pass& pass, const SamplingObserver& sampling = {},
           const StepObserver& observer = {}) {
    return run_pass(model_, batch_, settings, *engine_, pool_, pass, sampling, observer);
  }

  ThreadPool pool_{1};
  Spvae model_;
  std::unique_ptr<LeafEngine> engine_;
  Batch batch_;
};

TEST_F(PassOfASmallModel, IsTheSameWhetherWeightsAreKeptOrNot) {
  Pass kept;
  Pass streamed;
  ASSERT_TRUE(run({.samples = 7, .keeps_weights = true}, kept));
  ASSERT_TRUE(run({.samples = 7}, streamed));
  for (std::size_t lane = 0; lane < 5; ++lane) {
    EXPECT_NEAR(kept.trace.root()[lane], streamed.trace.root()[lane], 1e-4);
    const auto stride = static_cast<std::size_t>(batch_.stride);
    for (std::size_t at = lane; at < kept.leaf_values.size(); at += stride) {
      EXPECT_NEAR(kept.responsibilities[at], streamed.responsibilities[at], 1e-5);
      float sum = 0;
      const std::size_t leaf = at / stride;
      for (std::size_t s = 0; s < 7; ++s) {
        sum += kept.normalised_weights[(leaf * 7 + s) * stride + lane];
      }
      EXPECT_NEAR(sum, 1, 1e-5);
    }
  }
  for (std::size_t i = 0; i < kept.grad_logits.size(); ++i) {
    EXPECT_NEAR(kept.grad_logits[i], streamed.grad_logits[i], 1e-4);
  }
}

TEST_F(PassOfASmallModel, StopsWhereItIsAskedTo) {
  Pass pass;
  int asked = 0;
  EXPECT_FALSE(run({.samples = 5000}, pass, [&](double) { return ++asked < 2; }));
  EXPECT_EQ(asked, 2);
}

TEST_F(PassOfASmallModel, StopsBetweenSearchesForModes) {
  batch_.observed.assign(batch_.values.size(), 1.0f);
  for (std::size_t i = 0; i < batch_.observed.size(); i += 3) batch_.observed[i] = 0.0f;
  Pass pass;
  std::vector<double> shares;
  const auto stops_at = [&](double most) {
    shares.clear();
    return run({.samples = 5, .sampler = Sampler::kLaplace}, pass, [&](double share) {
      shares.push_back(share);
      return share < most;
    });
  };
  EXPECT_TRUE(stops_at(2));
  EXPECT_TRUE(std::ranges::is_sorted(shares));
  EXPECT_EQ(shares.back(), 1);
  const auto asked = static_cast<int>(shares.size());
  EXPECT_GE(asked, kModesOfParts);
  EXPECT_FALSE(stops_at(0.2));
  EXPECT_LE(static_cast<int>(shares.size()), asked / 2 + 1);
}

TEST_F(PassOfASmallModel, TellsWhenEachPartEnds) {
  using enum StepPart;
  Pass pass;
  std::vector<StepPart> parts;
  const StepObserver observer = [&](StepPart part) { parts.push_back(part); };
  run({.samples = 2, .keeps_weights = true}, pass, {}, observer);
  EXPECT_EQ(parts, (std::vector{kLeavesForward, kImportance, kCircuit}));
}

TEST_F(PassOfASmallModel, LeavesResponsibilitiesOutWhereNobodyAsksForThem) {
  Pass pass;
  run({.samples = 2, .has_responsibilities = false}, pass);
  EXPECT_TRUE(pass.responsibilities.empty());
  EXPECT_TRUE(pass.grad_logits.empty());
}

}  // namespace
}  // namespace spvae
