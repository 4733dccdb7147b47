#include "spvae/report/report.h"

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/report/blocks.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

std::vector<ImageScore> scores_of(const ReportSource& source, const ReportOptions& options,
                                  const ReportObserver& observer) {
  return log_likelihood(
      source.stored.model, source.images, options.sampling, source.engine, source.pool,
      [&](double done, int total) { return !observer || observer("scores", done, total); });
}

}  // namespace

Report make_report(const ReportSource& source, const ReportOptions& options,
                   const ReportObserver& observer) {
  const std::vector<ImageScore> scores = scores_of(source, options, observer);
  const auto begin = [&](const std::string& what) {
    if (observer && !observer(what, 0, 0)) {
      fail(ErrorKind::kInterrupted, "stopped before the {}; nothing is written", what);
    }
  };
  std::vector<ReportSection> sections = {overview_section(source), learning_curves_section(source),
                                         scores_section(source, options, scores)};
  const bool has_plane = source.images.columns.are_none();  // else there is nothing to draw
  if (has_plane) sections.push_back(extremes_section(source, options, scores));
  using Make = ReportSection (*)(const ReportSource&, const ReportOptions&);
  const std::pair<const char*, Make> rest[] = {{"trees", trees_section},
                                               {"samples", samples_section},
                                               {"reconstructions", reconstructions_section},
                                               {"completions", completions_section},
                                               {"latent spaces", latent_spaces_section}};
  for (const auto& [what, make] : rest) {
    if (!has_plane) break;
    begin(what);
    sections.push_back(make(source, options));
  }
  begin("sum weights");
  sections.push_back(sum_weights_section(source));
  const ScoreSummary score = summarise(scores);
  return {.html = report_page(
              "Report of " + source.run,
              paragraph(fmt::format("Written by spvae {} from the run's best model.{}", version(),
                                    has_plane ? "" : " Vectors are no pictures: none are shown.")),
              sections),
          .score = score};
}

}  // namespace spvae
