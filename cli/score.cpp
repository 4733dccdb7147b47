#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "spvae/core/ascending_order.h"
#include "spvae/core/stopwatch.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/plot/write_plot.h"
#include "spvae/query/contributions.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/report/blame.h"
#include "spvae/report/picture.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(Of every image: log p(x) in nats, its Monte-Carlo error, the effective sample size, bits per
dimension (discrete likelihoods), with --sampler laplace the likelihood regret, how far the encoder's
bound is below, which is large of images unlike those of the training; and what each super-pixel S
contributes, log p(x) - log p(x without S): S marginalised exactly; contributions need not add up.
--out writes them all as .npy, .csv or .jsonl; --rank draws the least likely images, the least likely
first.

Examples:
  spvae score runs/mnist-spvae-gaussian --out scores.csv
  spvae score runs/mnist-spvae-gaussian --split train --limit 1000 --rank strange.png)";

constexpr const char* kRegretColumn = "likelihood_regret";

enum class RankBy { kLikelihood, kRegret };

struct ScoreConfig {
  ImageQuery query;
  int samples = 100;
  std::string out;
  std::string rank;
  RankBy rank_by = RankBy::kLikelihood;
  int count = 36;
};

bool is_ranked(const ScoreConfig& config) { return !config.rank.empty(); }

FieldList<ScoreConfig> fields() {
  using Config = ScoreConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "importance samples of each leaf and image", 1,
                   1e9),
      output_field("out", &Config::out, "write every image's figures to FILE.npy, .csv or .jsonl",
                   kTableEndings),
      output_field("rank", &Config::rank,
                   "draw the strangest images and their scores into FILE.png or .svg",
                   {".png", ".svg"}),
      only_for<Config>(
          "--rank", is_ranked,
          choice_field("rank-by", &Config::rank_by,
                       "which are the strangest: those of the least likelihood, or of the greatest "
                       "likelihood regret (--sampler laplace)",
                       {"likelihood", "regret"})),
      only_for<Config>("--rank", is_ranked,
                       number_field("count", &Config::count, "images to draw", 1, 10000)),
  });
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
  const bool has_regret = config.query.sampler == Sampler::kLaplace;
  if (has_regret) table.columns.emplace_back(kRegretColumn);
  const int regions = model.graph().leaf_regions();
  for (int region = 0; region < regions; ++region) {
    table.columns.push_back(fmt::format("super_pixel_{}", region));
  }
  open.for_each_batch("score", config.samples, [&](const Evidence& evidence) {
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
      if (has_regret) table.values.push_back(likelihood_regret(evidence, lane));
      const auto first = parts.begin() + std::ptrdiff_t{lane} * regions;
      table.values.insert(table.values.end(), first, first + regions);
    }
  });
  return table;
}

std::size_t regret_column(const Table& table) {
  return static_cast<std::size_t>(std::ranges::find(table.columns, kRegretColumn) -
                                  table.columns.begin());
}

/// The contributions of all rows [rows, leaf regions].
std::vector<double> contributions_of(const Table& table, int regions) {
  std::vector<double> all;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto parts = table.row(i).last(static_cast<std::size_t>(regions));
    all.insert(all.end(), parts.begin(), parts.end());
  }
  return all;
}

/// The strangest images, the strangest first, and what of them is to blame; returns their rows.
std::vector<std::size_t> draw_ranking(const ScoreConfig& config, const Table& table,
                                      const ImageSet& images, const RegionGraph& graph) {
  const bool by_regret = config.rank_by == RankBy::kRegret;
  const std::size_t column = by_regret ? regret_column(table) : 1;
  std::vector<double> ranked_by;
  ranked_by.reserve(table.rows());
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ranked_by.push_back(by_regret ? -table.row(i)[column] : table.row(i)[column]);
  }
  std::vector<std::size_t> order = ascending_order(ranked_by);
  order.resize(std::min(order.size(), static_cast<std::size_t>(config.count)));
  const double side = std::ceil(std::sqrt(static_cast<double>(order.size()) / 2));
  const char* ranked = by_regret
                           ? "Images of the greatest regret: index in the file, regret in nats"
                           : "Least likely images: index in the file, log-likelihood in nats";
  ImageGrid grid{.title = fmt::format("{}; red where they are stranger than usual", ranked),
                 .columns = static_cast<int>(side)};
  const std::vector<double> contributions = contributions_of(table, graph.leaf_regions());
  const std::vector<Picture> blame = blame_pictures(graph, images, contributions, order);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto row = table.row(order[i]);
    grid.tiles.push_back({.caption = fmt::format("{:.0f}: {:.1f}", row[0], row[column]),
                          .pictures = {picture_of(images, static_cast<int>(order[i])), blame[i]}});
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

void run_score(const ScoreConfig& config, const Options& options) {
  if (config.rank_by == RankBy::kRegret && config.query.sampler != Sampler::kLaplace) {
    fail(ErrorKind::kUsage, "rank-by: got regret, which --sampler laplace alone can tell; add it");
  }
  OpenQuery open(config.query);
  check_form(open.images.columns, "rank", config.rank, ".csv, for --out instead");
  const Stopwatch stopwatch;
  const Table table = score_images(config, open);
  const double seconds = stopwatch.seconds();

  double sum = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) sum += table.row(i)[1];
  const auto images = static_cast<double>(table.rows());
  const int unreliable = unreliable_images(table);
  Json result = open.result();
  result.update({{"samples", config.samples},
                 {"log_likelihood", sum / images},
                 {"unreliable_images", unreliable},
                 {"seconds", seconds}});
  if (unreliable > 0) {
    ProgressDisplay().say(fmt::format(
        "warning: {} of {} images are unreliable, since {}; compare at equal --samples",
        count_text(unreliable), count_text(open.images.count()), unreliable_reason(open)));
  }
  if (!config.out.empty()) {
    result["out"] = config.out;
    open.write(config.out, table, result);
  }
  if (!config.rank.empty()) {
    result["rank"] = config.rank;
    Json description = result;
    Json& ranking = description["ranking"] = Json::array();
    for (const std::size_t row :
         draw_ranking(config, table, open.images, open.stored.model.graph())) {
      ranking.push_back(
          {{"image", open.images.indices[row]}, {"log_likelihood", table.row(row)[1]}});
      if (config.rank_by == RankBy::kRegret) {
        ranking.back()[kRegretColumn] = table.row(row)[regret_column(table)];
      }
    }
    open.describe(config.rank, std::move(description));
  }
  const std::string observed = observed_text(open.images);
  options.print_result(
      result,
      fmt::format("{}: {}{}, mean log-likelihood {} nats, {:.0f} a second\n", config.query.run,
                  counted(open.images.count(), open.images.columns.thing()),
                  observed.empty() ? "" : ", " + observed, nats_text(result.at("log_likelihood")),
                  images / seconds));
}

}  // namespace

Run add_score(CLI::App& app) { return add_command(app, kExample, fields(), run_score); }

}  // namespace spvae::cli
