#pragma once

#include <string>

#include "spvae/experiment/results.h"

namespace spvae::testing {

/// A finished trial of two test images, one nat below and above `figure`; the paper has 100 nats.
inline Outcome outcome(const std::string& cell, double figure, int seed,
                       const std::string& variant = "") {
  Trial trial;
  trial.cell = cell;
  trial.variant = variant;
  trial.run = Json{{"seed", seed}, {"hidden", 3}};
  trial.paper = {.log_likelihood = 100, .parameters = 7};
  const Json result = {{"test",
                        {{"images", 2},
                         {"samples", 5},
                         {"log_likelihood", figure},
                         {"standard_error", 0.25},
                         {"monte_carlo_error", 0.125},
                         {"effective_samples", 30.0},
                         {"seconds", 61.0}}},
                       {"train", {{"log_likelihood", figure + 2}, {"standard_error", 0.25}}},
                       {"training",
                        {{"images", 10},
                         {"steps", 1000},
                         {"best_step", 900},
                         {"validation_bound", 1.0},
                         {"seconds", 4.0},
                         {"processor_seconds", 6.0}}},
                       {"config", {{"seed", seed}, {"data-seed", 0}, {"learning-rate", 0.5}}},
                       {"parameters", 7654},
                       {"encoder_parameters", 321},
                       {"data_digest", "d"},
                       {"machine", "M"},
                       {"version", "V"}};
  return {trial, result, {static_cast<float>(figure) - 1, static_cast<float>(figure) + 1}};
}

}  // namespace spvae::testing
