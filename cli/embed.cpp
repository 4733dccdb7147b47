#include "spvae/query/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "image_query.h"
#include "options.h"
#include "output.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(A row of float64 for each image: of every leaf the posterior mean and standard deviation of its code
and its responsibility, of every sum node the product that it takes in the most probable tree (-1:
not reached). Leaves that share an expert have one code. Of super-pixels with more than --top leaves, only
the leaves of the largest responsibilities are told, and no sums. FILE.npy.json names the columns.

Example:
  spvae embed runs/mnist-spvae-gaussian --split train --out train.npy)";

struct EmbedConfig {
  ImageQuery query;
  int samples = 100;
  int top = 8;
  std::string out;
};

FieldList<EmbedConfig> fields() {
  using Config = EmbedConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "importance samples behind the responsibilities", 1,
                   1e9),
      number_field(
          "top", &Config::top,
          "leaves of a super-pixel whose responsibilities are told; 0: all leaves and sums", 0,
          1024),
      required(output_field("out", &Config::out, "FILE.npy", {".npy"})),
  });
}

// Of each super-pixel, the leaves of the largest responsibilities alone.
bool is_brief(const Spvae& model, int top) { return top > 0 && model.circuit().k_leaf() > top; }

std::vector<std::string> column_names(const Spvae& model, int top) {
  std::vector<std::string> names;
  const bool is_shared = model.leaves().leaves_of_expert() > 1;
  for (const char* what : {"mean", "deviation"}) {
    for (int expert = 0; expert < model.leaves().experts(); ++expert) {
      for (int d = 0; d < model.config().leaf.latent; ++d) {
        names.push_back(fmt::format("{}_{}_{}_{}", is_shared ? "expert" : "leaf", expert, what, d));
      }
    }
  }
  if (is_brief(model, top)) {
    for (int region = 0; region < model.graph().leaf_regions(); ++region) {
      for (int i = 0; i < top; ++i) names.push_back(fmt::format("region_{}_leaf_{}", region, i));
      for (int i = 0; i < top; ++i) {
        names.push_back(fmt::format("region_{}_responsibility_{}", region, i));
      }
    }
    return names;
  }
  for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
    names.push_back(fmt::format("leaf_{}_responsibility", leaf));
  }
  for (int sum = 0; sum < model.circuit().sum_nodes(); ++sum) {
    names.push_back(fmt::format("sum_{}_choice", sum));
  }
  return names;
}

/// Appends the numbers and the responsibilities of the `top` leaves of each super-pixel that answer
/// for most, k leaves each.
void append_largest(std::span<const double> responsibilities, std::size_t k, std::size_t top,
                    std::vector<double>& values) {
  std::vector<std::size_t> leaves(k);
  for (std::size_t first = 0; first < responsibilities.size(); first += k) {
    std::iota(leaves.begin(), leaves.end(), first);
    std::ranges::stable_sort(leaves, std::ranges::greater{},
                             [&](std::size_t leaf) { return responsibilities[leaf]; });
    for (std::size_t i = 0; i < top; ++i) values.push_back(static_cast<double>(leaves[i]));
    for (std::size_t i = 0; i < top; ++i) values.push_back(responsibilities[leaves[i]]);
  }
}

/// Appends an image's part of each array, in the order of the columns.
void append_row(const Spvae& model, int top, const Embedding& embedding, std::size_t image,
                std::size_t images, std::vector<double>& values) {
  const auto part = [&](const auto& array) {
    const std::size_t width = array.size() / images;
    return std::span(array).subspan(image * width, width);
  };
  const auto append = [&](const auto& array) {
    values.insert(values.end(), part(array).begin(), part(array).end());
  };
  append(embedding.mean);
  append(embedding.deviation);
  if (is_brief(model, top)) {
    append_largest(part(embedding.responsibilities),
                   static_cast<std::size_t>(model.circuit().k_leaf()),
                   static_cast<std::size_t>(top), values);
    return;
  }
  append(embedding.responsibilities);
  append(embedding.choices);
}

void run_embed(const EmbedConfig& config, const Options& options) {
  OpenQuery open(config.query);
  const Spvae& model = open.stored.model;
  Table table{column_names(model, config.top), {}};
  open.for_each_batch("embed", config.samples, [&](const Evidence& evidence) {
    const Embedding embedding = embed(model, evidence, *open.engine, open.pool);
    const auto size = static_cast<std::size_t>(evidence.batch.size);
    for (std::size_t i = 0; i < size; ++i)
      append_row(model, config.top, embedding, i, size, table.values);
  });
  Json result = open.result();
  result.update({{"out", config.out}, {"samples", config.samples}});
  open.write(config.out, table, result);
  options.print_result(result,
                       fmt::format("{}: {}, {} each\n", config.out,
                                   counted(open.images.count(), open.images.columns.thing()),
                                   counted(std::ssize(table.columns), "number")));
}

}  // namespace

Run add_embed(CLI::App& app) { return add_command(app, kExample, fields(), run_embed); }

}  // namespace spvae::cli
