#include "spvae/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/engine.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using testing::bar_images;
using ::testing::HasSubstr;
using testing::small_config;

/// A trainer with all that must outlive it.
struct Bench {
  explicit Bench(const RunConfig& run)
      : config(run),
        pool(config.threads),
        model(config.model),
        engine(make_engine(config.engine, model.leaves(), pool)),
        trainer((model.initialise(config.train.seed), config.train), model, training, validation,
                *engine, pool) {}

  /// Steps and checks until `step` steps are done.
  void go_to(std::int64_t step) {
    while (trainer.progress().step < step) {
      trainer.step();
      if (trainer.check_due()) checks.push_back(trainer.check());
    }
  }

  RunConfig config;
  ImageSet training = bar_images(0, 37);
  ImageSet validation = bar_images(37, 9);
  ThreadPool pool;
  Spvae model;
  std::unique_ptr<LeafEngine> engine;
  Trainer trainer;
  std::vector<Check> checks;
};

/// Everything that a state holds, by value.
std::vector<std::vector<float>> copied(const TrainState& state) {
  std::vector<std::vector<float>> all;
  for (const auto& part : {state.parameters, state.first_moment, state.second_moment,
                           state.best_parameters, state.average}) {
    all.emplace_back(part.begin(), part.end());
  }
  return all;
}

class TrainerOfEveryLikelihood : public ::testing::TestWithParam<std::string> {};

TEST_P(TrainerOfEveryLikelihood, RaisesTheBound) {
  Bench bench(small_config({{"likelihood", GetParam()}, {"max-steps", 80}, {"batch", 20}}));
  bench.go_to(80);
  ASSERT_EQ(bench.checks.size(), 20U);
  // Of 36 black and white pixels the bound of chance is −25 nats.
  EXPECT_GT(bench.checks.back().training_bound, bench.checks.front().training_bound + 3);
  EXPECT_GT(bench.trainer.progress().best_bound, bench.checks.front().validation_bound + 3);
  EXPECT_TRUE(bench.trainer.finished());
}

TEST_P(TrainerOfEveryLikelihood, HasTheBitsOfAStraightRunOfOneThread) {
  for (const char* engine : {"reference", "fused"}) {
    Json keys = {{"likelihood", GetParam()}, {"engine", engine}, {"batch", 37}};
    Bench straight(small_config(keys));
    straight.go_to(9);
    keys["threads"] = 2;
    Bench first(small_config(keys)), second(small_config(keys));
    first.go_to(5);
    second.trainer.restore(first.trainer.state());
    second.go_to(9);
    EXPECT_EQ(copied(second.trainer.state()), copied(straight.trainer.state())) << engine;
    EXPECT_EQ(second.trainer.progress(), straight.trainer.progress()) << engine;
  }
}

std::vector<std::string> names_of_likelihoods() {
  std::vector<std::string> names;
  for (const Likelihood likelihood : all_likelihoods()) {
    names.emplace_back(likelihood_info(likelihood).name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, TrainerOfEveryLikelihood,
                         ::testing::ValuesIn(names_of_likelihoods()),
                         [](const auto& test) { return test.param; });

TEST(Trainer, TrainsAClassicalVaeToo) {
  Bench bench(small_config({{"model", "vae"}, {"max-steps", 60}, {"learning-rate", 0.01}}));
  bench.go_to(60);
  EXPECT_GT(bench.trainer.progress().best_bound, bench.checks.front().validation_bound + 5);
}

/// Everything that a step may do beside Adam's.
const Json kEverySetting = {{"learning-rate-decay", "cosine"},
                            {"warm-up", 5},
                            {"circuit-rate", 3},
                            {"clip-norm", 20},
                            {"optimizer", "muon"},
                            {"split-every", 2},
                            {"averaging", 0.9}};

TEST(Trainer, GoesOnFromAStateToTheBitsOfAStraightRun) {
  for (const Json& settings : {Json::object(), kEverySetting}) {
    Bench straight(small_config(settings));
    straight.go_to(18);
    // Before, at and after checks and ends of epochs.
    for (const std::int64_t stop : {1, 3, 4, 7, 8, 11, 17}) {
      Bench first(small_config(settings));
      first.go_to(stop);
      Bench second(small_config(settings));
      second.trainer.restore(first.trainer.state());
      second.go_to(18);
      EXPECT_EQ(copied(second.trainer.state()), copied(straight.trainer.state())) << stop;
      EXPECT_EQ(second.trainer.progress(), straight.trainer.progress()) << stop;
      EXPECT_EQ(second.checks.back().training_bound, straight.checks.back().training_bound);
    }
  }
}

TEST(Trainer, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const char* engine : {"reference", "fused"}) {
    for (const char* model : {"spvae", "vae"}) {
      Json settings = kEverySetting;
      settings.update({{"engine", engine}, {"model", model}, {"batch", 70}});
      Bench one(small_config(settings));
      settings["threads"] = 3;
      Bench three(small_config(settings));
      one.go_to(9);
      three.go_to(9);
      EXPECT_EQ(copied(one.trainer.state()), copied(three.trainer.state())) << engine << model;
      EXPECT_EQ(one.trainer.progress(), three.trainer.progress()) << engine << model;
    }
  }
}

TEST(Trainer, DependsOnTheSeed) {
  Bench one(small_config()), other(small_config({{"seed", 1}}));
  one.go_to(4);
  other.go_to(4);
  EXPECT_NE(one.checks[0].validation_bound, other.checks[0].validation_bound);
}

TEST(Trainer, StopsAtTheCheckThatExhaustsItsPatienceAndRestoresTheBest) {
  // So high a learning rate soon makes every check worse than the best.
  Bench bench(small_config(
      {{"learning-rate", 0.1}, {"patience", 3}, {"max-steps", 1000}, {"validate-every", 1}}));
  while (!bench.trainer.finished()) {
    bench.trainer.step();
    bench.checks.push_back(bench.trainer.check());
  }
  const auto best = std::ranges::max_element(bench.checks, {}, &Check::validation_bound);
  EXPECT_LT(bench.checks.size(), 1000U);
  EXPECT_EQ(bench.checks.end() - best, 4);  // the best one and three more
  EXPECT_EQ(bench.trainer.progress().best_step, best->step);
  EXPECT_EQ(bench.trainer.progress().best_bound, best->validation_bound);

  bench.trainer.restore_best();
  const double again =
      mean_bound(bench.model, bench.validation, bench.config.train.validation_samples,
                 {bench.config.train.seed, 0, Purpose::kValidation}, *bench.engine, bench.pool);
  EXPECT_EQ(again, best->validation_bound);
}

TEST(Trainer, ChecksEverySoManyStepsAndAfterTheLast) {
  Bench bench(small_config());
  bench.go_to(18);
  std::vector<std::int64_t> steps;
  for (const Check& check : bench.checks) steps.push_back(check.step);
  EXPECT_THAT(steps, ::testing::ElementsAre(4, 8, 12, 16, 18));
  EXPECT_TRUE(bench.trainer.finished());
}

TEST(Trainer, LetsTheLearningRateDecayToItsLastStep) {
  // The first steps have the same rate; afterwards they part.
  Bench constant(small_config()), linear(small_config({{"learning-rate-decay", "linear"}}));
  constant.go_to(1);
  linear.go_to(1);
  EXPECT_EQ(copied(constant.trainer.state()), copied(linear.trainer.state()));
  constant.go_to(2);
  linear.go_to(2);
  EXPECT_NE(copied(constant.trainer.state()), copied(linear.trainer.state()));
}

/// How far the parameters [first, end) moved in the step from `before` to `after`, at most.
double moved(const std::vector<float>& before, std::span<const float> after, std::size_t first,
             std::size_t end) {
  double most = 0;
  for (std::size_t i = first; i < end; ++i) {
    most = std::max(most, std::abs(static_cast<double>(after[i]) - static_cast<double>(before[i])));
  }
  return most;
}

/// The largest move of a leaf's parameter and of a sum's logit in step number `step`. In the first
/// step it is Adam's rate.
std::pair<double, double> moves(const Json& settings, int step = 1) {
  Bench bench(small_config(settings));
  bench.go_to(step - 1);
  const auto parameters = std::as_const(bench.model).parameters();
  const std::vector<float> before(parameters.begin(), parameters.end());
  bench.go_to(step);
  const std::size_t logits = bench.model.layout().find("circuit.logits").offset;
  return {moved(before, parameters, 0, logits),
          moved(before, parameters, logits, parameters.size())};
}

TEST(Trainer, WarmsUpFromAShareOfTheLearningRate) {
  const auto [leaves, logits] = moves({{"learning-rate", 0.01}, {"warm-up", 5}});
  EXPECT_NEAR(leaves, 0.002, 1e-6);
  EXPECT_NEAR(logits, 0.002, 1e-6);
}

TEST(Trainer, GivesTheSumsARateOfTheirOwn) {
  const auto [leaves, logits] = moves({{"learning-rate", 0.01}, {"circuit-rate", 4}});
  EXPECT_NEAR(leaves, 0.01, 1e-6);
  EXPECT_NEAR(logits, 0.04, 1e-6);
  EXPECT_EQ(moves({{"circuit-rate", 0}}).second, 0);
}

TEST(Trainer, EndsACosineAtRestAndIsHalfwayAtItsMiddle) {
  // Without memory Adam moves every parameter by the rate.
  const Json settings = {{"learning-rate", 0.01},
                         {"learning-rate-decay", "cosine"},
                         {"beta1", 0},
                         {"beta2", 0},
                         {"max-steps", 18}};
  EXPECT_NEAR(moves(settings, 1).first, 0.01, 1e-6);
  EXPECT_NEAR(moves(settings, 10).first, 0.005, 1e-6);
  EXPECT_NEAR(moves(settings, 18).first, 0.01 * (1 - std::cos(std::numbers::pi / 18)) / 2, 1e-6);
}

TEST(Trainer, ShortensLongGradientsAlone) {
  // The second moment after one step is 0.001·g².
  const auto norm = [](const Json& settings) {
    Bench bench(small_config(settings));
    bench.go_to(1);
    double squares = 0;
    for (const float v : bench.trainer.state().second_moment) squares += 1000 * double{v};
    return std::sqrt(squares);
  };
  const double length = norm(Json::object());
  EXPECT_NEAR(norm({{"clip-norm", length * 1.01}}), length, 1e-4 * length);
  EXPECT_NEAR(norm({{"clip-norm", length / 4}}), length / 4, 1e-4 * length);
}

TEST(Trainer, ValidatesAndKeepsTheAverageOfItsParameters) {
  Bench bench(small_config({{"averaging", 0.9}, {"max-steps", 4}}));
  // The mean of the steps so far, the first ones weighing less: share 10/(t + 9) of step t.
  std::vector<double> mean(bench.model.parameters().begin(), bench.model.parameters().end());
  for (int t = 1; t <= 4; ++t) {
    bench.go_to(t);
    const double share = 1 - std::min(0.9, t / (t + 9.0));
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += share * (double{bench.model.parameters()[i]} - mean[i]);
    }
  }
  const std::vector<float> last(bench.model.parameters().begin(), bench.model.parameters().end());
  bench.trainer.restore_best();
  for (std::size_t i = 0; i < mean.size(); ++i) {
    ASSERT_NEAR(bench.model.parameters()[i], mean[i], 1e-6) << i;
  }
  EXPECT_NE(last,
            std::vector<float>(bench.model.parameters().begin(), bench.model.parameters().end()));
  EXPECT_EQ(
      bench.checks.back().validation_bound,
      mean_bound(bench.model, bench.validation, bench.config.train.validation_samples,
                 {bench.config.train.seed, 0, Purpose::kValidation}, *bench.engine, bench.pool));
}

/// Spoils one number of another engine from its n-th training step on.
class SpoilingEngine : public LeafEngine {
 public:
  SpoilingEngine(LeafEngine& engine, int step, bool in_bound)
      : engine_(engine), left_(step), in_bound_(in_bound) {}

  void log_weights(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                   int first_sample, int samples, std::span<float> log_weight) override {
    engine_.log_weights(parameters, batch, noise, first_sample, samples, log_weight);
    if (--left_ <= 0 && in_bound_) {
      log_weight[0] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  void backward(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                int samples, const RowGradient& row_gradient, std::span<float> grad) override {
    engine_.backward(parameters, batch, noise, samples, row_gradient, grad);
    if (left_ <= 0 && !in_bound_) grad[5] = std::numeric_limits<float>::infinity();
  }
  int leaves() const override { return engine_.leaves(); }
  int leaves_of_expert() const override { return engine_.leaves_of_expert(); }
  void add_statistics(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                      int samples, WeightStatistics& statistics) override {
    engine_.add_statistics(parameters, batch, noise, samples, statistics);
  }
  void refine(std::span<const float> parameters, const Batch& batch, const NoiseKey& pilot,
              const PilotView& told, LaplaceProposals& proposals) override {
    engine_.refine(parameters, batch, pilot, told, proposals);
  }
  void encode(std::span<const float> parameters, const Batch& batch, std::span<float> mean,
              std::span<float> deviation) override {
    engine_.encode(parameters, batch, mean, deviation);
  }
  void decode(std::span<const float> parameters, std::span<const int> experts,
              const CodeSource& code, const PixelVisitor& visit) override {
    engine_.decode(parameters, experts, code, visit);
  }

 private:
  LeafEngine& engine_;
  int left_;
  bool in_bound_;
};

TEST(Trainer, RefusesABoundOrGradientThatIsNotFiniteAndKeepsItsParameters) {
  for (const bool in_bound : {true, false}) {
    Bench bench(small_config({{"seed", 11}}));
    SpoilingEngine engine(*bench.engine, 3, in_bound);
    Trainer trainer(bench.config.train, bench.model, bench.training, bench.validation, engine,
                    bench.pool);
    trainer.step();
    trainer.step();
    const auto before = copied(trainer.state());
    try {
      trainer.step();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kNumerical);
      EXPECT_THAT(error.what(), AllOf(HasSubstr("step 3"), HasSubstr("seed 11"),
                                      HasSubstr(in_bound ? "bound" : "gradient")));
    }
    EXPECT_EQ(copied(trainer.state()), before);
    EXPECT_EQ(trainer.progress().step, 2);
  }
}

TEST(Trainer, RefusesImagesThatDoNotFitTheModel) {
  Bench bench(small_config());
  ImageSet wide = bench.training;
  wide.width = 9;
  wide.height = 4;
  const ImageSet none{
      .height = testing::kSide, .width = testing::kSide, .values = {}, .indices = {}};
  for (const ImageSet* images : {&std::as_const(wide), &none}) {
    EXPECT_THROW(Trainer(bench.config.train, bench.model, *images, bench.validation, *bench.engine,
                         bench.pool),
                 Error);
    EXPECT_THROW(Trainer(bench.config.train, bench.model, bench.training, *images, *bench.engine,
                         bench.pool),
                 Error);
  }
}

TEST(Trainer, TellsAnObserverWhatEachStretchOfAStepWasOf) {
  Bench observed(small_config());
  Bench alone(small_config());
  std::vector<StepPart> parts;
  const double bound = observed.trainer.step([&](StepPart part) { parts.push_back(part); });
  using enum StepPart;
  EXPECT_EQ(parts, (std::vector{kGather, kLeavesForward, kImportance, kCircuit, kImportance,
                                kLeavesBackward, kCircuit, kFiniteCheck, kAdam}));
  EXPECT_EQ(bound, alone.trainer.step());
}

TEST(Objective, HasTheGradientOfItsValue) {
  // The bound with its noise held fixed, differentiated along a random direction. The gradient of
  // TP19 Algorithm 1 is that of the bound itself, so central differences give the same number.
  Bench bench(small_config({{"samples", 4}}));
  Objective objective(bench.model, {.samples = 4}, *bench.engine, bench.pool);
  Batch batch;
  const std::vector<std::uint32_t> rows = {0, 5, 11, 17, 30};
  gather_batch(bench.training, rows, batch);
  const NoiseKey noise{3, 1, Purpose::kTraining};
  ParameterBuffer grad(bench.model.parameters().size()), unused(grad.size());
  objective.value_and_gradient(batch, noise, grad);

  const ParameterBuffer start(bench.model.parameters().begin(), bench.model.parameters().end());
  const Tensor& logits = bench.model.layout().find("circuit.logits");
  for (const std::size_t first : {std::size_t{0}, logits.offset}) {  // the leaves, the circuit
    const std::size_t end = first == 0 ? logits.offset : grad.size();
    double expected = 0;
    const auto value_at = [&](double length) {
      for (std::size_t i = first; i < end; ++i) {
        bench.model.parameters()[i] =
            start[i] + static_cast<float>(length * std::sin(static_cast<double>(i)));
      }
      return objective.value_and_gradient(batch, noise, unused);
    };
    for (std::size_t i = first; i < end; ++i) {
      expected += static_cast<double>(grad[i]) * std::sin(static_cast<double>(i));
    }
    const double length = 2e-3;
    const double difference = (value_at(length) - value_at(-length)) / (2 * length);
    value_at(0);
    EXPECT_NEAR(difference, expected, 2e-3 * std::max(1.0, std::abs(expected))) << first;
  }
}

}  // namespace
}  // namespace spvae
