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
  Scoring() : model_(testing::small_config().model), images_(testing::bar_images(0, 150)) {
    model_.initialise(1);
  }
  Scores scores(const ScoringKey& key, const EvaluationObserver& observer = {}) {
    ThreadPool pool(1);
    const auto engine = make_engine(Engine::kFused, model_.leaves(), pool);
    return resumable_scores(file(), key, model_, images_, *engine, pool, observer);
  }
  std::filesystem::path file() const { return folder_.path() / "scores"; }

  testing::TemporaryFolder folder_;
  Spvae model_;
  ImageSet images_;
};

const ScoringKey kKey{.model_digest = "m", .data_digest = "d", .split = "test", .samples = 3};

bool equal(const std::vector<ImageScore>& a, const std::vector<ImageScore>& b) {
  return std::ranges::equal(a, b, [](const ImageScore& x, const ImageScore& y) {
    return x.log_likelihood == y.log_likelihood &&
           x.monte_carlo_variance == y.monte_carlo_variance &&
           x.effective_samples == y.effective_samples;
  });
}

TEST_F(Scoring, GoesOnWhereItWasStoppedToTheSameBits) {
  testing::expect_error(ErrorKind::kInterrupted, "stopped after scoring 128 of 150 images",
                        [&] { scores(kKey, [](double done, int) { return done <= 128; }); });
  EXPECT_EQ(scored_images(file()), 128);
  double first = -1;
  const Scores resumed = scores(kKey, [&first](double done, int total) {
    EXPECT_EQ(total, 150);
    if (first < 0) first = done;
    return true;
  });
  EXPECT_GT(first, 128);
  EXPECT_EQ(scored_images(file()), 150);

  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model_.leaves(), pool);
  EXPECT_TRUE(
      equal(resumed.images,
            log_likelihood(model_, images_, 3, {.purpose = Purpose::kEvaluation}, *engine, pool)));
  // All is there: nothing is computed any more, and the time is that of the computation.
  const Scores again = scores(kKey, [](double, int) { return false; });
  EXPECT_TRUE(equal(resumed.images, again.images));
  EXPECT_GT(again.seconds, 0);
  EXPECT_EQ(again.seconds, resumed.seconds);
}

TEST_F(Scoring, TakesNoScoresOfAnythingElseNorDamagedOnes) {
  const Scores before = scores(kKey);
  std::vector<ScoringKey> others(4, kKey);
  others[0].model_digest = "n";
  others[1].data_digest = "n";
  others[2].split = "training";
  others[3].samples = 4;
  for (const ScoringKey& other : others) {
    int calls = 0;
    scores(other, [&calls](double, int) { return ++calls > 0; });
    EXPECT_GT(calls, 0);
  }
  folder_.write("scores", {1, 2, 3});
  EXPECT_EQ(scored_images(file()), 0);
  EXPECT_TRUE(equal(scores(kKey).images, before.images));
}

}  // namespace
}  // namespace spvae
