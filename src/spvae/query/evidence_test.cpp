#include "spvae/query/evidence.h"

#include <gtest/gtest.h>

#include <numeric>

#include "spvae/core/error_testing.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/model/engine.h"
#include "spvae/query/contributions.h"
#include "spvae/query/query_testing.h"

namespace spvae {
namespace {

using testing::enumerable_model;
using testing::level_images;

Evidence evidence_of(const Spvae& model, const ImageSet& images, Engine kind = Engine::kReference,
                     const Sampling& sampling = {.samples = 9}) {
  ThreadPool pool(2);
  const auto engine = make_engine(kind, model.leaves(), pool);
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(images.count()));
  std::iota(rows.begin(), rows.end(), 0u);
  Evidence evidence;
  EXPECT_TRUE(gather_evidence(model, images, rows, sampling, *engine, pool, {}, evidence));
  return evidence;
}

std::vector<double> log_p(const Spvae& model, const ImageSet& images,
                          Engine kind = Engine::kReference) {
  const Evidence evidence = evidence_of(model, images, kind);
  const auto root = evidence.trace.root().first(static_cast<std::size_t>(images.count()));
  return {root.begin(), root.end()};
}

TEST(Evidence, OfAnImageThatIsMissingAltogetherIsExactlyZero) {
  const Spvae model = enumerable_model(4);
  for (const Engine engine : {Engine::kReference, Engine::kFused}) {
    EXPECT_EQ(log_p(model, level_images(4, {{-1, -1, -1, -1}}), engine)[0], 0.0);
  }
}

// Any set of super-pixels: those before, after and between the observed ones.
TEST(Evidence, OfMissingSuperPixelsIsThatOfAllTheirValuesSummedUp) {
  const Spvae model = enumerable_model(3);
  for (const std::vector<int>& image :
       {std::vector<int>{-1, 40, 200}, {40, -1, 200}, {3, 255, -1}}) {
    std::vector<std::vector<int>> all;
    for (int level = 0; level < 256; ++level) {
      all.push_back(image);
      for (int& value : all.back()) value = value < 0 ? level : value;
    }
    for (const Engine engine : {Engine::kReference, Engine::kFused}) {
      const double enumerated = log_sum_exp(log_p(model, level_images(3, all), engine));
      EXPECT_NEAR(log_p(model, level_images(3, {image}), engine)[0], enumerated,
                  engine == Engine::kReference ? 1e-6 : 1e-4);
    }
  }
}

// p(b | a) is p(b) under the circuit re-weighted with the posterior of a: for two super-pixels, the
// responsibilities of b's leaves given a, times their densities of b.
TEST(Evidence, ConditionalsAreThoseOfTheReweightedCircuit) {
  const Spvae model = enumerable_model(2);
  const Evidence given = evidence_of(model, level_images(2, {{90, -1}}));
  for (const int level : {0, 17, 128, 255}) {
    const Evidence joint = evidence_of(model, level_images(2, {{90, level}}));
    double conditional = 0;
    for (const int leaf : {2, 3}) {
      const auto at = static_cast<std::size_t>(leaf * joint.batch.stride);
      conditional += given.responsibilities[at] * std::exp(joint.leaf_values[at]);
    }
    const double ratio = joint.trace.root()[0] - given.trace.root()[0];
    EXPECT_NEAR(std::log(conditional), ratio, 1e-6 * std::abs(ratio) + 1e-6) << level;
  }
}

TEST(Evidence, ContributionsAreWhatIsLostWithoutASuperPixel) {
  const Spvae model = enumerable_model(3);
  const ImageSet images = level_images(3, {{10, 40, 200}, {5, 6, 7}});
  ThreadPool pool(1);
  const Evidence evidence = evidence_of(model, images);
  const std::vector<double> lost = contributions(model, evidence, pool);
  ASSERT_EQ(lost.size(), 6u);
  for (std::size_t image = 0; image < 2; ++image) {
    for (std::size_t region = 0; region < 3; ++region) {
      std::vector<int> levels =
          image == 0 ? std::vector<int>{10, 40, 200} : std::vector<int>{5, 6, 7};
      levels[region] = -1;
      const double without = log_p(model, level_images(3, {levels}))[0];
      EXPECT_NEAR(lost[3 * image + region], evidence.trace.root()[image] - without, 1e-9);
    }
  }
}

TEST(Evidence, MayBeStoppedAndNeedsASample) {
  const Spvae model = enumerable_model(2);
  const ImageSet images = level_images(2, {{1, 2}});
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  Evidence evidence;
  const std::uint32_t rows[] = {0};
  EXPECT_FALSE(gather_evidence(
      model, images, rows, {.samples = 3}, *engine, pool, [](double) { return false; }, evidence));
  testing::expect_error(ErrorKind::kUsage, "samples: got 0", [&] {
    gather_evidence(model, images, rows, {.samples = 0}, *engine, pool, {}, evidence);
  });
}

}  // namespace
}  // namespace spvae
