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

/// Whether its figures are of the published data, and so the paper's may stand beside them.
bool is_comparable(const Outcome& outcome);

/// Test log-likelihood minus the paper's figure, which the trial has (assertion), nats.
double difference_of(const Outcome& outcome);

/// A line for each outcome, with a header (RFC 4180). The difference from the paper stays empty
/// where the two are not comparable.
std::string results_csv(const std::vector<Outcome>& outcomes);

/// {"title", "command", "results": [trial_result, with "paper" and "difference", …]}; no difference
/// where the two are not comparable.
Json results_json(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                  const std::string& command);

}  // namespace spvae
