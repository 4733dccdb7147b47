#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include "commands.h"
#include "image_query.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "output_file.h"
#include "progress.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/plot/write_plot.h"
#include "spvae/query/contributions.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/report/picture.h"
#include "table.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "Of every image: log p(x) in nats, its Monte-Carlo error, the effective sample size, bits per\n"
    "dimension (discrete likelihoods), and what each super-pixel S contributes, log p(x) - log "
    "p(x without S):\n"
    "S marginalised exactly; contributions need not add up. --out writes them all as .npy, .csv or "
    ".jsonl;\n"
    "--rank draws the least likely images, the least likely first.\n"
    "\n"
    "Examples:\n"
    "  spvae score runs/mnist-spvae-gaussian --out scores.csv\n"
    "  spvae score runs/mnist-spvae-gaussian --split train --limit 1000 --rank strange.png";

struct ScoreConfig {
  ImageQuery query;
  int samples = 100;
  std::string out;
  std::string rank;
  int count = 36;
};

const FieldList<ScoreConfig>& score_fields() {
  using Config = ScoreConfig;
  static const FieldList<Config> list = [] {
    FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
    fields.push_back(number_field("samples", &Config::samples,
                                  "importance samples of each leaf and image", 1, 1e9));
    fields.push_back(
        text_field("out", &Config::out, "write every image's figures to FILE.npy, .csv or .jsonl"));
    fields.push_back(
        text_field("rank", &Config::rank,
                   "draw the least likely images and their scores into FILE.png or .svg"));
    fields.push_back(only_for<Config>(
        "--rank", [](const Config& config) { return !config.rank.empty(); },
        number_field("count", &Config::count, "images to draw", 1, 10000)));
    return fields;
  }();
  return list;
}

std::string shown_default(const std::string& field) {
  if (field == "samples" || field == "count") {
    return config_json(score_fields(), ScoreConfig{}).at(field).dump();
  }
  return image_query_default(field);
}

ScoreConfig checked_config(const Json& given) {
  ScoreConfig config;
  apply_config(score_fields(), given, config);
  check_used(score_fields(), config, given);
  if (!config.out.empty()) check_output("out", config.out, kTableEndings);
  if (!config.rank.empty()) check_output("rank", config.rank, {".png", ".svg"});
  return config;
}

int observed_variables(const Batch& batch, int lane) {
  if (batch.observed.empty()) return batch.variables;
  int count = 0;
  for (int v = 0; v < batch.variables; ++v) {
    count += batch.observed[static_cast<std::size_t>(v) * static_cast<std::size_t>(batch.stride) +
                            static_cast<std::size_t>(lane)] != 0.0f;
  }
  return count;
}

Table score_images(const ScoreConfig& config, OpenQuery& open) {
  const Spvae& model = open.stored.model;
  const bool is_discrete = spvae::is_discrete(model.config().leaf.likelihood);
  Table table{{"image", "log_likelihood", "monte_carlo_error", "effective_samples"}, {}};
  if (is_discrete) table.columns.emplace_back("bits_per_dimension");
  const int regions = model.graph().leaf_regions();
  for (int region = 0; region < regions; ++region) {
    table.columns.push_back(fmt::format("super_pixel_{}", region));
  }
  const Sampling sampling = sampling_of(config.query, config.samples);
  ProgressDisplay display;
  for_each_batch(
      model, open.images, sampling, *open.engine, open.pool, scoring_progress(display, "score"),
      [&](const Evidence& evidence) {
        const std::vector<double> parts = contributions(model, evidence, open.pool);
        for (int lane = 0; lane < evidence.batch.size; ++lane) {
          const ImageScore score = score_of(model, evidence, lane);
          table.values.insert(
              table.values.end(),
              {static_cast<double>(evidence.batch.indices[static_cast<std::size_t>(lane)]),
               score.log_likelihood, known_error(score), score.effective_samples});
          if (is_discrete) {
            table.values.push_back(
                bits_per_dimension(score.log_likelihood, observed_variables(evidence.batch, lane)));
          }
          const auto first = parts.begin() + std::ptrdiff_t{lane} * regions;
          table.values.insert(table.values.end(), first, first + regions);
        }
      });
  return table;
}

/// The least likely images, the least likely first; returns their rows.
std::vector<std::size_t> draw_ranking(const ScoreConfig& config, const Table& table,
                                      const ImageSet& images) {
  std::vector<std::size_t> order(table.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&table](std::size_t row) { return table.row(row)[1]; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(config.count)));
  const double side = std::ceil(std::sqrt(static_cast<double>(order.size())));
  ImageGrid grid{.title = "least likely images: index in the file, log-likelihood in nats",
                 .columns = static_cast<int>(side),
                 .tiles = {}};
  for (const std::size_t row : order) {
    grid.tiles.push_back(
        {.caption = fmt::format("{:.0f}: {:.1f}", table.row(row)[0], table.row(row)[1]),
         .pictures = {picture_of(images, static_cast<int>(row))}});
  }
  write_plot(config.rank, {grid});
  return order;
}

/// How many rows are of images whose Monte-Carlo error is unknown.
int unreliable_images(const Table& table) {
  int count = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) count += std::isnan(table.row(i)[2]) ? 1 : 0;
  return count;
}

void run_score(const Options& options) {
  stop_on_signals();
  const ScoreConfig config = checked_config(options.given());
  OpenQuery open("score", config.query);
  const auto start = std::chrono::steady_clock::now();
  const Table table = score_images(config, open);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;

  double sum = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) sum += table.row(i)[1];
  Json result = query_result(config.query, open);
  result["samples"] = config.samples;
  result["log_likelihood"] = sum / static_cast<double>(table.rows());
  const int unreliable = unreliable_images(table);
  result["unreliable_images"] = unreliable;
  result["seconds"] = elapsed.count();
  if (unreliable > 0) {
    ProgressDisplay().say(
        fmt::format("warning: {} of {} images are unreliable, since {}; compare at equal --samples",
                    grouped(unreliable), grouped(static_cast<long long>(table.rows())),
                    unreliable_reason(config.query, open.images)));
  }
  if (!config.out.empty()) {
    result["out"] = config.out;
    write_table(config.out, table);
    Json description = result;
    description["columns"] = table.columns;
    write_description(config.out, config.query.run, open.stored.origin, std::move(description));
  }
  if (!config.rank.empty()) {
    result["rank"] = config.rank;
    Json ranking = Json::array();
    for (const std::size_t row : draw_ranking(config, table, open.images)) {
      ranking.push_back(
          {{"image", open.images.indices[row]}, {"log_likelihood", table.row(row)[1]}});
    }
    Json description = result;
    description["ranking"] = ranking;
    write_description(config.rank, config.query.run, open.stored.origin, std::move(description));
  }
  if (options.json()) return print_json(result);
  const std::string observed = observed_text(open.images);
  print(fmt::format("{}: {}{}, mean log-likelihood {} nats, {:.0f} images a second\n",
                    config.query.run, counted(static_cast<long long>(table.rows()), "image"),
                    observed.empty() ? "" : ", " + observed, nats_text(result.at("log_likelihood")),
                    static_cast<double>(table.rows()) / elapsed.count()));
}

}  // namespace

Run add_score(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, field_infos(score_fields()),
                                           shown_default, std::vector<std::string>{"run"});
  return [options] { run_score(*options); };
}

}  // namespace spvae::cli
