#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "image_query.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "output_file.h"
#include "picture.h"
#include "progress.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/io/npy.h"
#include "spvae/query/embedding.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "Every image through its most probable tree: the decoders' means at the posterior means of the "
    "codes.\n"
    "A .png has the originals in one row and their reconstructions below; a .npy is float32 "
    "[images,\n"
    "height, width] of the reconstructions.\n"
    "\n"
    "Example:\n"
    "  spvae reconstruct runs/mnist-spvae-gaussian --out reconstructions.png";

struct ReconstructConfig {
  ImageQuery query{.limit = 16};
  int samples = 100;
  std::string out;
};

const FieldList<ReconstructConfig>& reconstruct_fields() {
  using Config = ReconstructConfig;
  static const FieldList<Config> list = [] {
    FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
    fields.push_back(number_field("samples", &Config::samples,
                                  "importance samples behind the choice of the tree", 1, 1e9));
    fields.push_back(text_field("out", &Config::out, "FILE.png or FILE.npy (required)"));
    return fields;
  }();
  return list;
}

std::string shown_default(const std::string& field) {
  const Json value = config_json(reconstruct_fields(), ReconstructConfig{}).at(field);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

ReconstructConfig checked_config(const Json& given) {
  ReconstructConfig config;
  apply_config(reconstruct_fields(), given, config);
  if (!has_ending(config.out, ".png") && !has_ending(config.out, ".npy")) {
    fail(ErrorKind::kUsage, "out: got '{}', expected a name that ends in .png or .npy", config.out);
  }
  check_can_create(config.out);
  return config;
}

void append(const ImageSet& part, ImageSet& all) {
  all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  all.indices.insert(all.indices.end(), part.indices.begin(), part.indices.end());
}

double mean_squared_error(const ImageSet& a, const ImageSet& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const auto error = static_cast<double>(a.values[i] - b.values[i]);
    sum += error * error;
  }
  return sum / static_cast<double>(a.values.size());
}

void run_reconstruct(const Options& options) {
  stop_on_signals();
  const ReconstructConfig config = checked_config(options.given());
  OpenQuery open("reconstruct", config.query);
  const Spvae& model = open.stored.model;
  const ImageSet& images = open.images;
  ImageSet all{.height = images.height, .width = images.width, .values = {}, .indices = {}};
  const Sampling sampling{.samples = config.samples,
                          .noise = {.seed = config.query.seed, .purpose = Purpose::kEvaluation}};
  {
    ProgressDisplay display;
    for_each_batch(
        model, images, sampling, *open.engine, open.pool, scoring_progress(display, "reconstruct"),
        [&](const Evidence& evidence) { append(reconstruct(model, evidence, open.pool), all); });
  }
  if (has_ending(config.out, ".png")) {
    ImageSet rows = images;
    append(all, rows);
    write_png(config.out, contact_sheet(rows, images.count()));
  } else {
    const std::size_t shape[] = {static_cast<std::size_t>(all.count()),
                                 static_cast<std::size_t>(all.height),
                                 static_cast<std::size_t>(all.width)};
    write_npy<float>(config.out, shape, all.values);
  }
  Json result = query_result(config.query, open);
  result["out"] = config.out;
  result["samples"] = config.samples;
  result["squared_error"] = mean_squared_error(images, all);
  write_description(config.out, config.query.run, open.stored.origin, result);
  if (options.json()) return print_json(result);
  print(fmt::format("{}: {}, mean squared error of a pixel {:.5f}\n", config.out,
                    counted(images.count(), "image"), mean_squared_error(images, all)));
}

}  // namespace

Run add_reconstruct(CLI::App& command) {
  command.footer(kExample);
  auto options = std::make_shared<Options>(command, field_infos(reconstruct_fields()),
                                           shown_default, std::vector<std::string>{"run"});
  return [options] { run_reconstruct(*options); };
}

}  // namespace spvae::cli
