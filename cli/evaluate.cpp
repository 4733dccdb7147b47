#include <fmt/format.h>

#include <cmath>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "spvae/core/stopwatch.h"
#include "spvae/io/npy.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/query/log_likelihood.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(The result is the importance-weighted bound on log p(x) in nats per image, averaged over the
images; of the discrete likelihoods it is that of a pmf over their values. --per-image
writes float64 rows (log_likelihood, monte_carlo_error, effective_samples, image) and FILE.npy.json.

Example:
  spvae evaluate runs/mnist-spvae-gaussian --samples 5000 --json)";

struct EvaluateConfig {
  ImageQuery query{.is_addressed_by_content = false};
  int samples = 5000;
  std::string per_image;
};

FieldList<EvaluateConfig> fields() {
  using Config = EvaluateConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "importance samples of each leaf and image", 1,
                   1e9),
      output_field("per-image", &Config::per_image, "write every image's figures to FILE.npy",
                   {".npy"}),
  });
}

void write_per_image(const std::string& path, const OpenQuery& open,
                     const std::vector<ImageScore>& scores, const Json& result) {
  std::vector<double> rows;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    rows.insert(rows.end(),
                {scores[i].log_likelihood, known_error(scores[i]), scores[i].effective_samples,
                 static_cast<double>(open.images.indices[i])});
  }
  const std::size_t shape[] = {scores.size(), 4};
  write_npy<double>(path, shape, rows);
  open.describe(path, {{"shape", shape},
                       {"columns",
                        {{{"name", "log_likelihood"}, {"unit", "nats"}},
                         {{"name", "monte_carlo_error"}, {"unit", "nats"}},
                         {{"name", "effective_samples"}, {"unit", "samples"}},
                         {{"name", "image"}, {"unit", "index in the source file"}}}},
                       {"evaluation", result}});
}

std::string readable(const Json& result, const std::string& thing, const std::string& observed,
                     const std::string& unreliable_reason) {
  const auto number = [&result](const char* key) { return result.at(key).get<double>(); };
  const auto error = [&number](const char* key) {
    return std::isnan(number(key)) ? std::string("unknown")
                                   : fmt::format("{:.3f} nats", number(key));
  };
  const auto whole = [&result](const char* key) { return result.at(key).get<long long>(); };
  const long long unreliable = whole("unreliable_images");
  std::string text = fmt::format(
      "{}: {} ({}), {}\n"
      "log-likelihood      {:.3f} nats per {}, a lower bound\n"
      "  standard error    {}, over {}s\n"
      "  Monte-Carlo error {}\n"
      "effective samples   {:.1f}, median\n{}",
      result.at("run").get<std::string>(), counted(whole("images"), thing),
      result.at("split").get<std::string>(), counted(whole("samples"), "importance sample"),
      number("log_likelihood"), thing, error("standard_error"), thing, error("monte_carlo_error"),
      number("effective_samples"),
      unreliable == 0 ? ""
                      : fmt::format("  unreliable        {}, since {}\n",
                                    counted(unreliable, thing), unreliable_reason));
  if (!observed.empty()) text += fmt::format("{:<20}{}\n", "of each " + thing, observed);
  if (result.contains("bits_per_dimension")) {
    text += fmt::format("bits per dimension  {:.4f}\n", number("bits_per_dimension"));
  }
  return text +
         fmt::format("parameters          {}, of which encoders {}\ntime                {:.1f} s\n",
                     count_text(whole("parameters")), count_text(whole("encoder_parameters")),
                     number("seconds"));
}

Json result_json(const EvaluateConfig& config, const OpenQuery& open, const ScoreSummary& summary,
                 double seconds) {
  const Spvae& model = open.stored.model;
  Json result = {{"images", summary.images},
                 {"samples", config.samples},
                 {"log_likelihood", summary.log_likelihood},
                 {"standard_error", summary.standard_error},
                 {"monte_carlo_error", summary.monte_carlo_error},
                 {"effective_samples", summary.effective_samples},
                 {"unreliable_images", summary.unreliable_images}};
  if (is_discrete(model.config().leaf.likelihood)) {
    result["bits_per_dimension"] =
        bits_per_dimension(summary.log_likelihood, mean_observed_variables(open.images));
  }
  result["parameters"] = model.layout().size();
  result["encoder_parameters"] = model.leaves().encoder_parameters();
  result["seconds"] = seconds;
  result.update(open.result());
  return result;
}

void run_evaluate(const EvaluateConfig& config, const Options& options) {
  OpenQuery open(config.query);
  const Stopwatch stopwatch;
  std::vector<ImageScore> scores;
  {
    ProgressDisplay display;
    display.show(fmt::format("evaluate: {}, {} each",
                             counted(open.images.count(), open.images.columns.thing()),
                             counted(config.samples, "importance sample")),
                 true);
    scores =
        log_likelihood(open.stored.model, open.images, sampling_of(config.query, config.samples),
                       *open.engine, open.pool, scoring_progress(display, "evaluate"));
  }
  const Json result = result_json(config, open, summarise(scores), stopwatch.seconds());
  // Printed first: a file that cannot be written must not cost the result.
  options.print_result(result, readable(result, open.images.columns.thing(),
                                        observed_text(open.images), unreliable_reason(open)));
  if (!config.per_image.empty()) write_per_image(config.per_image, open, scores, result);
}

}  // namespace

Run add_evaluate(CLI::App& app) { return add_command(app, kExample, fields(), run_evaluate); }

}  // namespace spvae::cli
