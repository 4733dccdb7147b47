#pragma once

#include <span>

#include "spvae/query/log_likelihood.h"
#include "spvae/report/page.h"
#include "spvae/report/report.h"

/// The parts of a report, one file each.
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

}  // namespace spvae
