#include "spvae/experiment/experiment.h"

#include <gtest/gtest.h>

#include <set>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"

namespace spvae {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

testing::Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Experiment read(const std::string& cells) {
  const TemporaryFolder folder;
  return read_experiment(folder.write(
      "e.json",
      bytes_of(R"({"title": "T", "variants": {"slow": "S"}, "cells": [)" + cells + "]}")));
}

constexpr const char* kCell =
    R"({"name": "spvae/mnist/gaussian", "height": 28, "width": 28, "config": {"latent": 3})";

TEST(Experiment, MakesATrialOfEachValueAndSeed) {
  const Experiment experiment = read(std::string(kCell) +
                                     R"(, "seeds": [4, 9], "vary": {"hidden": [5, 6, 7]},
                                          "variant": "slow", "minutes": 2.5})");
  ASSERT_EQ(experiment.trials.size(), 6u);
  const Trial& trial = experiment.trials[3];
  EXPECT_EQ(trial.name(), "spvae/mnist/gaussian+slow@6");
  EXPECT_EQ(trial.stem(), "spvae-mnist-gaussian+slow@6-seed9");
  EXPECT_EQ(trial.run.given, Json({{"latent", 3}, {"hidden", 6}, {"seed", 9}}));
  EXPECT_EQ(trial.seed_number, 1);
  EXPECT_EQ(trial.minutes, 2.5);
  EXPECT_EQ(trial.evaluation.samples, 5000);
  EXPECT_FALSE(trial.paper);
}

TEST(Experiment, RefusesWhatNoRunWouldTake) {
  const auto refused = [](const std::string& cell, const std::string& part) {
    expect_error(ErrorKind::kUsage, part, [&] { read(cell); });
  };
  const std::string cell = kCell;
  refused(cell + R"(, "tile": 1})", "tile");
  refused(cell + R"(, "variant": "fast"})", "variant: got 'fast'");
  refused(cell + R"(, "seeds": []})", "seeds");
  refused(cell + R"(, "vary": {"hidden": 3}})", "vary");
  refused(cell + R"(, "vary": {"hidde": [3]}})", "hidde");
  refused(cell + R"(, "evaluation": {"sample": 3}})", "samples");
  refused(cell + R"(, "vary": {"seed": [1, 2]}})", "seeds");
  refused(cell + R"(, "seeds": [3, 3]})", "two trials");
  refused(cell + "}, " + cell + "}", "two trials");
  refused(cell + R"(, "evaluation": {"test-images": 1}})", "test-images");
  refused(cell + R"(, "evaluation": {"training-images": 1}})", "training-images");
  refused(
      R"({"name": "spvae/mnist/gaussian", "height": 1, "width": 1, "config": {"model": "vae"}})",
      "expected 'vae/mnist/gaussian'");
  refused(cell + R"(, "paper": {"log-likelihood": "x"}})", "log-likelihood");
  refused(R"({"name": "a/b/c", "height": 1, "width": 1, "config": {"model": "vae", "delta": 2}})",
          "delta");
  refused(cell + R"(, "paper": {"parameters": 3}})", "paper: log-likelihood is missing");
  refused(cell + R"(, "evaluation": {"samples": 1}})", "samples");
  refused(cell + R"(, "vary": {"hidden": []}})", "vary");
  refused(R"({"name": "spvae/mnist/gaussian", "height": 28, "width": 28, "config": []})",
          "config: expected an object");
  refused(R"({"name": "a/b/c"})", "height");
  refused(R"({"height": 1, "width": 1})", "name");
  refused("3", "object");
  refused("", "cells");
}

TEST(Experiment, RefusesAFileOfAnotherForm) {
  const TemporaryFolder folder;
  const auto refused = [&folder](const std::string& text, const std::string& part) {
    const auto path = folder.write("e.json", bytes_of(text));
    expect_error(ErrorKind::kUsage, part, [&path] { read_experiment(path); });
  };
  refused(R"({"title": 3})", "title: expected text, got 3");
  refused(R"({"notes": "a"})", "notes: expected a list");
  refused(R"({"notes": [1]})", "notes: expected text, got 1");
  refused(R"({"variants": []})", "variants: expected an object");
  refused(R"({"variants": {"slow": 1}})", "slow: expected text");
  refused(R"({"cells": {}})", "cells: expected a list");
  refused(R"({"cell": []})", "unknown key 'cell'");
  refused(R"({"cells": )" + testing::deep_json() + "}", testing::kDeepFault);
}

// Every file that is shipped can be read, its names are unique, and Table 2's counts are the
// paper's to the digit.
TEST(Experiment, ShippedFilesReproduceTheCountsOfThePaper) {
  for (const char* name : {"table1", "figure2", "figure3", "density"}) {
    std::set<std::string> stems;
    for (const Trial& trial : read_experiment(find_experiment(name)).trials) {
      EXPECT_TRUE(stems.insert(trial.stem()).second) << trial.stem();
    }
  }
  int counted = 0;
  for (const Trial& trial : read_experiment(find_experiment("table1")).trials) {
    if (!trial.paper || trial.seed_number > 0 || !trial.variant.empty()) continue;
    EXPECT_EQ(count_parameters(trial).all / 1000, static_cast<std::size_t>(trial.paper->parameters))
        << trial.name();
    ++counted;
  }
  EXPECT_EQ(counted, 24);
}

TEST(Experiment, SaysWhereItLooked) {
  expect_error(ErrorKind::kNoInput, "no table9.json in any of", [] { find_experiment("table9"); });
}

}  // namespace
}  // namespace spvae
