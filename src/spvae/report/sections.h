#pragma once

#include <span>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/query/evidence.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/report/html.h"
#include "spvae/report/report.h"

/// The parts of a report.
namespace spvae {

/// Model, data, training and the command that repeats it.
ReportSection overview_section(const ReportSource& source);

/// Bounds of training and validation over the steps, from the run's log.
ReportSection learning_curves_section(const ReportSource& source);

/// Mean log-likelihood with its errors, and how the images' are spread.
ReportSection scores_section(const ReportSource& source, const ReportOptions& options,
                             std::span<const ImageScore> scores);

/// The least and the most likely images.
ReportSection extremes_section(const ReportSource& source, const ReportOptions& options,
                               std::span<const ImageScore> scores);

/// Most probable trees of a few images.
ReportSection trees_section(const ReportSource& source, const ReportOptions& options);

ReportSection samples_section(const ReportSource& source, const ReportOptions& options);

ReportSection reconstructions_section(const ReportSource& source, const ReportOptions& options);

/// Lower halves, hidden and filled in.
ReportSection completions_section(const ReportSource& source, const ReportOptions& options);

/// Planes of the leaves' latent spaces (TP19 Fig. 3).
ReportSection latent_spaces_section(const ReportSource& source, const ReportOptions& options);

/// Weights of the root and, level by level, how many products a sum makes use of.
ReportSection sum_weights_section(const ReportSource& source);

/// The folder of a run that is named by itself or by its model's file.
std::string run_folder(const std::string& run);

/// The checks of a run (run_metrics) that have all of a check's numbers; none without a log.
std::vector<Json> training_log(const std::string& run);

/// What the model makes of the first `count` images. Throws as gather_evidence.
Evidence evidence_of_first(const ReportSource& source, int count, const ReportOptions& options);

}  // namespace spvae
