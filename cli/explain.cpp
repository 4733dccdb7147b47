
#include <algorithm>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "process.h"
#include "spvae/core/error.h"
#include "spvae/plot/write_plot.h"
#include "spvae/query/explanation.h"
#include "spvae/report/explanation_figure.h"
#include "spvae/report/picture.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(Draws the most probable induced tree of one image over it: how the image is divided, level by level,
which leaf each super-pixel takes, and beside it the responsibilities of all leaves. --json and
OUT.json beside the picture hold the tree as data; of vectors it is all there is, with each node's
columns, and --out names it.

Examples:
  spvae explain runs/mnist-spvae-gaussian --image 7 --out seven.png
  spvae explain runs/mnist-spvae-gaussian --split train --image 0 --out first.svg --json)";

struct ExplainConfig {
  ImageQuery query;
  int image = 0;
  int samples = 1000;
  std::string out;
};

FieldList<ExplainConfig> fields() {
  using Config = ExplainConfig;
  FieldList<Config> list = query_fields<Config>({
      number_field("image", &Config::image, "which image: its place in the split, counted from 0",
                   0, 1e9),
      number_field("samples", &Config::samples, "importance samples behind the choice of the tree",
                   1, 1e9),
      required(output_field("out", &Config::out,
                            "FILE.png or .svg; of vectors, FILE.json for the tree",
                            {".png", ".svg", ".json"})),
  });
  // --image says how many images are read.
  std::erase_if(list, [](const Field<Config>& field) { return field.info.name == "limit"; });
  return list;
}

void check_place(const ExplainConfig& config, const OpenQuery& open) {
  if (config.image < open.images.count()) return;
  const std::string split = config_json(image_query_fields(), config.query).at("split");
  fail(ErrorKind::kUsage, "image: got {}, expected 0 to {}: {} has {} {} images", config.image,
       open.images.count() - 1, open.data.name(), count_text(open.images.count()), split);
}

Explanation explained(const ExplainConfig& config, OpenQuery& open) {
  const Sampling sampling = sampling_of(config.query, config.samples);
  const std::uint32_t rows[] = {static_cast<std::uint32_t>(config.image)};
  Evidence evidence;
  if (!gather_evidence(
          open.stored.model, open.images, rows, sampling, *open.engine, open.pool,
          [](double) { return !interrupted(); }, evidence)) {
    fail(ErrorKind::kInterrupted, "stopped; nothing is written");
  }
  return explain(open.stored.model, evidence, 0);
}

Json rectangle_json(const PixelRectangle& rectangle) {
  return {{"top", rectangle.top},
          {"left", rectangle.left},
          {"height", rectangle.height},
          {"width", rectangle.width}};
}

/// A node: a sum with its choice, or a leaf with its responsibility. Parent and children are places
/// in the list of nodes.
Json node_json(const Spvae& model, const Explanation& explanation, const ExplanationNode& node) {
  const int leaves = model.circuit().leaves();
  Json json = {{"parent", node.parent < 0 ? Json() : Json(node.parent)}, {"level", node.level}};
  if (const Columns& columns = model.config().columns; columns.are_none()) {
    json["rectangle"] = rectangle_json(node.rectangle);
  } else {
    const auto region = static_cast<std::size_t>(model.circuit().region(node.node));
    for (const std::int32_t column : model.graph().regions()[region].scope) {
      json["columns"].push_back(columns.names[static_cast<std::size_t>(column)]);
    }
  }
  if (node.is_leaf()) {
    json["leaf"] = node.node;
    json["responsibility"] = explanation.responsibilities[static_cast<std::size_t>(node.node)];
    return json;
  }
  json["sum"] = node.node - leaves;
  json["product"] = node.branch;
  json["probability"] = node.probability;
  json["children"] = node.right < 0 ? Json{node.left} : Json{node.left, node.right};
  return json;
}

Json tree_json(const Spvae& model, const Explanation& explanation) {
  Json nodes = Json::array();
  for (const ExplanationNode& node : explanation.nodes) {
    nodes.push_back(node_json(model, explanation, node));
  }
  return {{"probability", explanation.probability},
          {"log_prior", explanation.log_prior},
          {"nodes", nodes}};
}

void run_explain(const ExplainConfig& asked, const Options& options) {
  ExplainConfig config = asked;
  config.query.limit = config.image + 1;
  OpenQuery open(config.query);
  const bool has_plane = open.images.columns.are_none();
  if (has_ending(config.out, ".json") == has_plane) {
    fail(ErrorKind::kUsage, "out: got '{}', but the model is of {}; choose a name that ends in {}",
         config.out, has_plane ? "images" : "vectors, which are no pictures",
         has_plane ? ".png or .svg" : ".json");
  }
  check_place(config, open);
  const Explanation explanation = explained(config, open);
  if (has_plane) {
    write_plot(config.out, explanation_figure(open.stored.model, explanation,
                                              picture_of(open.images, config.image)));
  }

  Json result = open.result();
  result.erase("images");
  result.update({{"out", config.out},
                 {"image", config.image},
                 {"index", open.images.indices[static_cast<std::size_t>(config.image)]},
                 {"samples", config.samples},
                 {"log_likelihood", explanation.log_likelihood},
                 {"tree", tree_json(open.stored.model, explanation)},
                 {"responsibilities", explanation.responsibilities}});
  // Of vectors the description is all there is.
  open.describe(has_plane ? config.out : config.out.substr(0, config.out.size() - 5), result);
  const auto cuts = std::ranges::count_if(
      explanation.nodes, [](const ExplanationNode& node) { return node.right >= 0; });
  options.print_result(
      result, fmt::format("{}: image {}, log-likelihood {} nats; its most probable tree has {} and "
                          "probability {:.3g}\n",
                          config.out, config.image, nats_text(explanation.log_likelihood),
                          counted(cuts, "cut"), explanation.probability));
}

}  // namespace

Run add_explain(CLI::App& app) { return add_command(app, kExample, fields(), run_explain); }

}  // namespace spvae::cli
