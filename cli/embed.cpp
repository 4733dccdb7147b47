#include "spvae/query/embedding.h"

#include <fmt/format.h>

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

const FieldList<EmbedConfig>& embed_fields() {
  using Config = EmbedConfig;
  static const FieldList<Config> list = [] {
    FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
    fields.push_back(number_field("samples", &Config::samples,
                                  "importance samples behind the responsibilities", 1, 1e9));
    fields.push_back(text_field("out", &Config::out, "FILE.npy (required)"));
    return fields;
  }();
  return list;
}

std::string shown_default(const std::string& field) {
  if (field == "samples") return std::to_string(EmbedConfig{}.samples);
  return image_query_default(field);
}

EmbedConfig checked_config(const Json& given) {
  EmbedConfig config;
  apply_config(embed_fields(), given, config);
  check_output("out", config.out, {".npy"});
  return config;
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

void run_embed(const Options& options) {
  stop_on_signals();
  const EmbedConfig config = checked_config(options.given());
  OpenQuery open("embed", config.query);
  const Spvae& model = open.stored.model;
  const std::vector<std::string> columns = column_names(model);
  std::vector<double> values;
  const Sampling sampling = sampling_of(config.query, config.samples);
  {
    ProgressDisplay display;
    for_each_batch(model, open.images, sampling, *open.engine, open.pool,
                   scoring_progress(display, "embed"), [&](const Evidence& evidence) {
                     const Embedding embedding = embed(model, evidence, open.pool);
                     const auto size = static_cast<std::size_t>(evidence.batch.size);
                     for (std::size_t i = 0; i < size; ++i) append_row(embedding, i, size, values);
                   });
  }
  const std::size_t shape[] = {static_cast<std::size_t>(open.images.count()), columns.size()};
  write_npy<double>(config.out, shape, values);
  Json result = query_result(config.query, open);
  result["out"] = config.out;
  result["samples"] = config.samples;
  Json description = result;
  description["columns"] = columns;
  write_description(config.out, config.query.run, open.stored.origin, std::move(description));
  if (options.json()) return print_json(result);
  print(fmt::format("{}: {}, {} each\n", config.out, counted(open.images.count(), "image"),
                    counted(static_cast<long long>(columns.size()), "number")));
}

}  // namespace

Run add_embed(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, field_infos(embed_fields()),
                                           shown_default, std::vector<std::string>{"run"});
  return [options] { run_embed(*options); };
}

}  // namespace spvae::cli
