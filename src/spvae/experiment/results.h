#pragma once

#include <string>
#include <vector>

#include "spvae/experiment/experiment.h"
#include "spvae/experiment/trial_run.h"

namespace spvae {

/// A finished trial.
struct Outcome {
  Trial trial;
  Json result;                ///< trial_result
  std::vector<float> scores;  ///< trial_scores
};

/// The finished ones among an experiment's trials, in its order. Errors as trial_result.
std::vector<Outcome> outcomes(const Experiment& experiment, const TrialFolders& folders);

/// Test log-likelihood minus the paper's figure, which the trial has (assertion), nats.
double difference_of(const Outcome& outcome);

/// What came out, for reading: cells with the paper's figures beside ours, seeds taken together;
/// each run; paired differences of spvae and vae, conv-spvae and conv-vae, and of a vae's variants;
/// time of a training step.
std::string results_markdown(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                             const std::string& command);

/// A line for each outcome, with a header.
std::string results_csv(const std::vector<Outcome>& outcomes);

/// {"title", "command", "results": [trial_result, with "paper" and "difference", …]}.
Json results_json(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                  const std::string& command);

}  // namespace spvae
