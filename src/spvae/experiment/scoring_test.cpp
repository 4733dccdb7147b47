#include "spvae/experiment/scoring.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/model/engine.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

class Scoring : public ::testing::Test {
 protected:
  Scoring() : model_(testing::small_config().model), images_(testing::bar_images(0, 300)) {
    model_.initialise(1);
  }
  std::vector<ImageScore> scores(const ScoringKey& key, const EvaluationObserver& observer = {}) {
    ThreadPool pool(1);
    const auto engine = make_engine(Engine::kFused, model_.leaves(), pool);
    return resumable_scores(file(), key, model_, images_, *engine, pool, observer);
  }
  std::filesystem::path file() const { return folder_.path() / "scores"; }

  testing::TemporaryFolder folder_;
  Spvae model_;
  ImageSet images_;
};

bool equal(const std::vector<ImageScore>& a, const std::vector<ImageScore>& b) {
  return std::ranges::equal(a, b, [](const ImageScore& x, const ImageScore& y) {
    return x.log_likelihood == y.log_likelihood &&
           x.monte_carlo_variance == y.monte_carlo_variance &&
           x.effective_samples == y.effective_samples;
  });
}

TEST_F(Scoring, GoesOnWhereItWasStoppedToTheSameBits) {
  const ScoringKey key{.model_digest = "m", .samples = 3};
  testing::expect_error(ErrorKind::kInterrupted, "stopped after scoring 256 of 300 images",
                        [&] { scores(key, [](double done, int) { return done <= 256; }); });
  EXPECT_EQ(scored_images(file()), 256);
  double first = -1;
  const auto resumed = scores(key, [&first](double done, int total) {
    EXPECT_EQ(total, 300);
    if (first < 0) first = done;
    return true;
  });
  EXPECT_GT(first, 256);
  EXPECT_EQ(scored_images(file()), 300);

  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model_.leaves(), pool);
  EXPECT_TRUE(equal(resumed, log_likelihood(model_, images_, 3, {.purpose = Purpose::kEvaluation},
                                            *engine, pool)));
  // All is there: nothing is computed any more.
  EXPECT_TRUE(equal(resumed, scores(key, [](double, int) { return false; })));
}

TEST_F(Scoring, TakesNoScoresOfAnotherModelNorDamagedOnes) {
  const auto before = scores({.model_digest = "m", .samples = 3});
  for (const ScoringKey& other : {ScoringKey{"n", 3}, ScoringKey{"m", 4}}) {
    int calls = 0;
    scores(other, [&calls](double, int) { return ++calls > 0; });
    EXPECT_GT(calls, 0);
  }
  folder_.write("scores", {1, 2, 3});
  EXPECT_EQ(scored_images(file()), 0);
  EXPECT_TRUE(equal(scores({.model_digest = "m", .samples = 3}), before));
}

}  // namespace
}  // namespace spvae
