#include "spvae/query/embedding.h"

#include <fmt/format.h>

#include "commands.h"
#include "image_query.h"
#include "options.h"
#include "output.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "A row of float64 for each image: of every leaf the posterior mean and standard deviation of "
    "its code\n"
    "and its responsibility, of every sum node the product that it takes in the most probable tree "
    "(-1:\n"
    "not reached). FILE.npy.json names the columns.\n"
    "\n"
    "Example:\n"
    "  spvae embed runs/mnist-spvae-gaussian --split train --out train.npy";

struct EmbedConfig {
  ImageQuery query;
  int samples = 100;
  std::string out;
};

FieldList<EmbedConfig> fields() {
  using Config = EmbedConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "importance samples behind the responsibilities", 1,
                   1e9),
      required(output_field("out", &Config::out, "FILE.npy", {".npy"})),
  });
}

std::vector<std::string> column_names(const Spvae& model) {
  std::vector<std::string> names;
  for (const char* what : {"mean", "deviation"}) {
    for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
      for (int d = 0; d < model.config().leaf.latent; ++d) {
        names.push_back(fmt::format("leaf_{}_{}_{}", leaf, what, d));
      }
    }
  }
  for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
    names.push_back(fmt::format("leaf_{}_responsibility", leaf));
  }
  for (int sum = 0; sum < model.circuit().sum_nodes(); ++sum) {
    names.push_back(fmt::format("sum_{}_choice", sum));
  }
  return names;
}

/// Appends an image's part of each array, in the order of the columns.
void append_row(const Embedding& embedding, std::size_t image, std::size_t images,
                std::vector<double>& values) {
  const auto append = [&](const auto& array) {
    const std::size_t width = array.size() / images;
    const auto first = array.begin() + static_cast<std::ptrdiff_t>(image * width);
    values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(width));
  };
  append(embedding.mean);
  append(embedding.deviation);
  append(embedding.responsibilities);
  append(embedding.choices);
}

void run_embed(const EmbedConfig& config, const Options& options) {
  OpenQuery open(config.query);
  const Spvae& model = open.stored.model;
  Table table{column_names(model), {}};
  open.for_each_batch("embed", config.samples, [&](const Evidence& evidence) {
    const Embedding embedding = embed(model, evidence, open.pool);
    const auto size = static_cast<std::size_t>(evidence.batch.size);
    for (std::size_t i = 0; i < size; ++i) append_row(embedding, i, size, table.values);
  });
  Json result = open.result();
  result.update({{"out", config.out}, {"samples", config.samples}});
  open.write(config.out, table, result);
  options.print_result(
      result, fmt::format("{}: {}, {} each\n", config.out, counted(open.images.count(), "image"),
                          counted(std::ssize(table.columns), "number")));
}

}  // namespace

Run add_embed(CLI::App& app) {
  return add_command<EmbedConfig>(app, {.example = kExample, .fields = fields(), .run = run_embed});
}

}  // namespace spvae::cli
