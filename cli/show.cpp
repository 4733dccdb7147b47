#include <fmt/format.h>

#include <algorithm>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "spvae/core/ascending_order.h"
#include "spvae/core/error.h"
#include "spvae/plot/write_plot.h"
#include "spvae/query/completion.h"
#include "spvae/query/contributions.h"
#include "spvae/query/sample.h"
#include "spvae/report/blame.h"
#include "spvae/report/picture.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(On the left samples of the model; on the right images, what is left of them when their lower half
is hidden, and completions that the model draws of it; then the least likely of --searched images, and
in red where they are stranger than usual.

Example:
  spvae show runs/mnist-spvae-quad-tree-ordinal --out model.png)";

constexpr int kSampleColumns = 8;
constexpr int kMostImages = 100;

struct ShowConfig {
  ImageQuery query{.pictures = 8};
  int samples = 64;
  int completions = 6;
  int proposals = 1000;
  int searched = 1000;
  std::string out;
};

FieldList<ShowConfig> fields() {
  using Config = ShowConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "samples to draw", 1, 800),
      number_field("completions", &Config::completions, "completions of each image", 1, 30),
      number_field("proposals", &Config::proposals, "codes of each leaf to resample from", 1, 1e5),
      number_field("searched", &Config::searched,
                   "images among which the least likely are sought; 0: none are shown", 0, 1e6),
      required(output_field("out", &Config::out, "FILE.png or .svg", {".png", ".svg"})),
  });
}

ImageGrid samples_of(const ShowConfig& config, OpenQuery& open) {
  const ImageSet samples = sample(open.stored.model, config.samples, config.query.seed,
                                  SampledPixels::kDrawn, *open.engine, open.pool);
  ImageGrid grid{.title = "Samples", .columns = kSampleColumns};
  for (int i = 0; i < samples.count(); ++i) grid.tiles.push_back({"", {picture_of(samples, i)}});
  return grid;
}

ImageGrid completions_of(const ShowConfig& config, OpenQuery& open) {
  ProgressDisplay display;
  ImageSet hidden = open.images;
  hide_pixels(Hidden::kLower, 0, 0, hidden);
  const ImageSet completed =
      complete(open.stored.model, hidden, Filling::kDrawn, config.completions, config.query.seed,
               sampling_of(config.query, config.proposals), *open.engine, open.pool,
               scoring_progress(display, "show"))
          .images;
  ImageGrid grid{.title = "Images, their upper halves, completions",
                 .columns = config.completions + 2};
  for (int i = 0; i < hidden.count(); ++i) {
    grid.tiles.push_back({"", {picture_of(open.images, i)}});
    grid.tiles.push_back({"", {picture_of(hidden, i)}});
    for (int c = 0; c < config.completions; ++c) {
      grid.tiles.push_back({"", {picture_of(completed, i * config.completions + c)}});
    }
  }
  return grid;
}

/// The least likely images, a row each.
ImageGrid outliers_of(const ShowConfig& config, OpenQuery& open) {
  constexpr int kSamples = 100;
  const Spvae& model = open.stored.model;
  ImageQuery query = open.query;
  query.limit = config.searched;
  query.pictures = 0;
  const ImageSet images = load_query_images(query, open.data, model, open.pool);
  ProgressDisplay display;
  const Contributions scored =
      contributions(model, images, sampling_of(query, kSamples), *open.engine, open.pool,
                    scoring_progress(display, "show: the least likely"));
  std::vector<std::size_t> order = ascending_order(scored.log_likelihood);
  order.resize(std::min(order.size(), static_cast<std::size_t>(open.images.count())));
  const std::vector<Picture> blame = blame_pictures(model.graph(), images, scored.parts, order);
  ImageGrid grid{.title = "Least likely, why", .columns = 2};
  for (std::size_t i = 0; i < order.size(); ++i) {
    grid.tiles.push_back({"", {picture_of(images, static_cast<int>(order[i]))}});
    grid.tiles.push_back({"", {blame[i]}});
  }
  return grid;
}

void run_show(const ShowConfig& config, const Options& options) {
  OpenQuery open(config.query);
  if (!open.images.columns.are_none()) {
    fail(ErrorKind::kUsage,
         "show: the model is of vectors, which are no pictures; spvae sample --out samples.csv "
         "writes samples of it");
  }
  if (open.images.count() > kMostImages) {
    fail(ErrorKind::kUsage, "limit: got {} images, expected at most {} in a picture",
         open.images.count(), kMostImages);
  }
  Figure figure = {samples_of(config, open), completions_of(config, open)};
  if (config.searched > 0) figure.emplace_back(outliers_of(config, open));
  write_plot(config.out, figure);
  Json result = open.result();
  result.update({{"out", config.out},
                 {"samples", config.samples},
                 {"completions", config.completions},
                 {"searched", config.searched},
                 {"proposals", config.proposals}});
  open.describe(config.out, result);
  options.print_result(
      result, fmt::format("{}: {}, {} completed\n", config.out, counted(config.samples, "sample"),
                          counted(open.images.count(), "image")));
}

}  // namespace

Run add_show(CLI::App& app) { return add_command(app, kExample, fields(), run_show); }

}  // namespace spvae::cli
