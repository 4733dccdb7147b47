#pragma once

#include <string>
#include <vector>

#include "spvae/experiment/experiment.h"
#include "spvae/experiment/trial_run.h"
#include "spvae/plot/figure.h"

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

/// A cell of TP19 Table 2 and what its model counts to.
struct ParameterRow {
  std::string cell;
  ParameterCount count;
  int paper_thousands = 0;

  /// In thousands, cut, as the paper prints them.
  int thousands() const { return static_cast<int>(count.all / 1000); }
  bool is_equal() const { return thousands() == paper_thousands; }
};

/// A row for each cell with a figure of the paper, variants left out.
std::vector<ParameterRow> parameter_rows(const Experiment& experiment);

std::string parameter_markdown(const std::vector<ParameterRow>& rows);
std::string parameter_csv(const std::vector<ParameterRow>& rows);
/// {"rows": [{"cell", "parameters", "encoder_parameters", "paper_parameters_in_thousands",
/// "equal"}], "all_equal", "version"}.
Json parameter_json(const std::vector<ParameterRow>& rows);

/// TP19 Fig. 2: test bound over the number of training images, ascending; a chart for each data set
/// and likelihood, a series for each model. VAEs come first, so that beside one VAE's solid line
/// its SPVAE's is dashed, as in the paper. A point is the mean over its trial's seeds, its bar the
/// mean of their standard errors over the test images; the titles say so.
Figure low_data_figure(const std::vector<Outcome>& outcomes);

/// What came out, for reading: cells with the paper's figures beside ours, seeds taken together;
/// paired differences (pairs_of); each run. Columns that would be empty are left out. `command`
/// makes it anew; `picture` is shown on top: the name of a file beside the page, empty for none.
std::string results_markdown(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                             const std::string& command, const std::string& picture = "");

}  // namespace spvae
