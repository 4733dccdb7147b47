#include "spvae/report/report.h"

#include <fmt/format.h>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "process.h"
#include "progress.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/file.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(One HTML file for people: what was learnt from what, learning curves, log-likelihood, the least and
most likely images, trees, samples, reconstructions, completions, latent spaces, sum weights. It needs
no other file and no network.

Examples:
  spvae report runs/mnist-spvae-gaussian
  spvae report runs/mnist-spvae-gaussian --samples 5000 --pictures 20 --out report.html)";

struct ReportConfig {
  ImageQuery query{.limit = 2000, .is_addressed_by_content = false};
  int samples = ReportOptions{}.sampling.samples;
  int proposals = ReportOptions{}.proposals;
  int pictures = ReportOptions{}.pictures;
  std::string out;
};

FieldList<ReportConfig> fields() {
  using Config = ReportConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "importance samples of each leaf and image", 1,
                   1e9),
      number_field("proposals", &Config::proposals, "codes of each leaf that completions resample",
                   1, 1e5),
      number_field("pictures", &Config::pictures, "images in each section that shows some", 1, 200),
      output_field("out", &Config::out, "FILE.html, if not report.html in the run's folder",
                   {".html"}),
  });
}

/// Shows what is being computed, scores with the time left; stops when the user asks to.
ReportObserver report_progress(ProgressDisplay& display) {
  return [&display, scoring = scoring_progress(display, "report: scores")](const std::string& what,
                                                                           double done, int total) {
    if (total > 0) return scoring(done, total);
    display.show("report: " + what, true);
    return !interrupted();
  };
}

void run_report(const ReportConfig& asked, const Options& options) {
  ReportConfig config = asked;
  OpenQuery open(config.query);
  if (config.out.empty()) {
    const std::filesystem::path run(config.query.run);
    config.out = ((is_folder(run) ? run : run.parent_path()) / "report.html").string();
    check_can_create(config.out);
  }
  Report report;
  {
    ProgressDisplay display;
    report = make_report({.run = config.query.run,
                          .stored = open.stored,
                          .data = open.data,
                          .images = open.images,
                          .split = config.query.split,
                          .engine = *open.engine,
                          .pool = open.pool},
                         {.sampling = sampling_of(config.query, config.samples),
                          .proposals = config.proposals,
                          .pictures = config.pictures},
                         report_progress(display));
  }
  write_file_atomically(config.out, report.html);

  Json result = open.result();
  result.update({{"out", config.out},
                 {"bytes", report.html.size()},
                 {"samples", config.samples},
                 {"proposals", config.proposals},
                 {"pictures", config.pictures},
                 {"log_likelihood", report.score.log_likelihood},
                 {"standard_error", report.score.standard_error},
                 {"monte_carlo_error", report.score.monte_carlo_error},
                 {"effective_samples", report.score.effective_samples}});
  options.print_result(
      result,
      fmt::format("{}: {}, mean log-likelihood {} nats; open it in a browser\n", config.out,
                  counted(open.images.count(), "image"), nats_text(report.score.log_likelihood)));
}

}  // namespace

Run add_report(CLI::App& app) { return add_command(app, kExample, fields(), run_report); }

}  // namespace spvae::cli
