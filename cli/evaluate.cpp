#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>

#include "commands.h"
#include "image_query.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "output_file.h"
#include "progress.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/io/npy.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/query/log_likelihood.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "The result is the importance-weighted bound on log p(x) in nats per image, averaged over the\n"
    "images; of the discrete likelihoods it is that of a pmf over 0 ... 255. --per-image writes\n"
    "float64 rows (log_likelihood, monte_carlo_error, effective_samples, image) and "
    "FILE.npy.json.\n"
    "\n"
    "Example:\n"
    "  spvae evaluate runs/mnist-spvae-gaussian --samples 5000 --json";

struct EvaluateConfig {
  ImageQuery query;
  int samples = 5000;
  std::string per_image;
};

const FieldList<EvaluateConfig>& evaluate_fields() {
  using Config = EvaluateConfig;
  static const FieldList<Config> list = [] {
    FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
    fields.push_back(number_field("samples", &Config::samples,
                                  "importance samples of each leaf and image", 1, 1e9));
    fields.push_back(
        text_field("per-image", &Config::per_image, "write every image's figures to FILE.npy"));
    return fields;
  }();
  return list;
}

std::string shown_default(const std::string& field) {
  if (field == "samples") return std::to_string(EvaluateConfig{}.samples);
  return image_query_default(field);
}

EvaluateConfig checked_config(const Json& given) {
  EvaluateConfig config;
  apply_config(evaluate_fields(), given, config);
  if (!config.per_image.empty()) check_output("per-image", config.per_image, {".npy"});
  return config;
}

void write_per_image(const EvaluateConfig& config, const OpenQuery& open,
                     const std::vector<ImageScore>& scores, const Json& result) {
  std::vector<double> rows;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    rows.push_back(scores[i].log_likelihood);
    rows.push_back(known_error(scores[i]));
    rows.push_back(scores[i].effective_samples);
    rows.push_back(open.images.indices[i]);
  }
  const std::size_t shape[] = {scores.size(), 4};
  write_npy<double>(config.per_image, shape, rows);
  Json description = {
      {"shape", shape},
      {"columns",
       {{{"name", "log_likelihood"}, {"unit", "nats"}},
        {{"name", "monte_carlo_error"}, {"unit", "nats"}},
        {{"name", "effective_samples"}, {"unit", "samples"}},
        {{"name", "image"}, {"unit", "index in the source file"}}}},
      {"evaluation", result},
  };
  write_description(config.per_image, config.query.run, open.stored.origin, std::move(description));
}

std::string readable(const Json& result, const std::string& observed,
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
      "log-likelihood      {:.3f} nats per image, a lower bound\n"
      "  standard error    {}, over images\n"
      "  Monte-Carlo error {}\n"
      "effective samples   {:.1f}, median\n{}",
      result.at("run").get<std::string>(), counted(whole("images"), "image"),
      result.at("split").get<std::string>(), counted(whole("samples"), "importance sample"),
      number("log_likelihood"), error("standard_error"), error("monte_carlo_error"),
      number("effective_samples"),
      unreliable == 0 ? ""
                      : fmt::format("  unreliable        {}, since {}\n",
                                    counted(unreliable, "image"), unreliable_reason));
  if (!observed.empty()) text += fmt::format("of each image       {}\n", observed);
  if (result.contains("bits_per_dimension")) {
    text += fmt::format("bits per dimension  {:.4f}\n", number("bits_per_dimension"));
  }
  return text +
         fmt::format("parameters          {}, of which encoders {}\ntime                {:.1f} s\n",
                     grouped(whole("parameters")), grouped(whole("encoder_parameters")),
                     number("seconds"));
}

Json result_json(const EvaluateConfig& config, const OpenQuery& open, const ScoreSummary& summary,
                 double seconds) {
  const Spvae& model = open.stored.model;
  Json result = Json::object();
  result["images"] = summary.images;
  result["samples"] = config.samples;
  result["log_likelihood"] = summary.log_likelihood;
  result["standard_error"] = summary.standard_error;
  result["monte_carlo_error"] = summary.monte_carlo_error;
  result["effective_samples"] = summary.effective_samples;
  result["unreliable_images"] = summary.unreliable_images;
  if (is_discrete(model.config().leaf.likelihood)) {
    result["bits_per_dimension"] =
        bits_per_dimension(summary.log_likelihood, mean_observed_variables(open.images));
  }
  result["parameters"] = model.layout().size();
  result["encoder_parameters"] = model.leaves().encoder_parameters();
  result["seconds"] = seconds;
  result.update(query_result(config.query, open));
  return result;
}

void run_evaluate(const Options& options) {
  stop_on_signals();
  const EvaluateConfig config = checked_config(options.given());
  OpenQuery open("evaluate", config.query);
  const auto start = std::chrono::steady_clock::now();
  std::vector<ImageScore> scores;
  {
    ProgressDisplay display;
    display.show(fmt::format("evaluate: {}, {} each", counted(open.images.count(), "image"),
                             counted(config.samples, "importance sample")),
                 true);
    scores =
        log_likelihood(open.stored.model, open.images, sampling_of(config.query, config.samples),
                       *open.engine, open.pool, scoring_progress(display, "evaluate"));
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const Json result = result_json(config, open, summarise(scores), elapsed.count());
  // Printed first: a file that cannot be written must not cost the result.
  if (options.json()) {
    print_json(result);
  } else {
    print(
        readable(result, observed_text(open.images), unreliable_reason(config.query, open.images)));
  }
  if (!config.per_image.empty()) write_per_image(config, open, scores, result);
}

}  // namespace

Run add_evaluate(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, field_infos(evaluate_fields()),
                                           shown_default, std::vector<std::string>{"run"});
  return [options] { run_evaluate(*options); };
}

}  // namespace spvae::cli
