#pragma once

#include <string>
#include <vector>

#include "spvae/experiment/experiment.h"
#include "spvae/experiment/trial_run.h"

namespace spvae {

/// Of the trials of an experiment that have one, in its order; trial_status says why another has
/// none.
std::vector<Outcome> outcomes(const Experiment& experiment, const TrialFolders& folders);

/// Whether its figures are of the published data, and so the paper's may stand beside them.
bool is_comparable(const Outcome& outcome);

/// Test log-likelihood minus the paper's figure, which the trial has (assertion), nats.
double difference_of(const Outcome& outcome);

/// Of the test images' log-likelihoods, nats: which, unlike their mean, a few images cannot move.
double median_score(const Outcome& outcome);

/// A line for each outcome, with a header (RFC 4180). The difference from the paper stays empty
/// where the two are not comparable.
std::string results_csv(const std::vector<Outcome>& outcomes);

/// {"title", "command", "results": [Outcome::result, with "paper" and "difference", …]}; no
/// difference where the two are not comparable.
Json results_json(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                  const std::string& command);

}  // namespace spvae
