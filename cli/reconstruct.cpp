#include <fmt/format.h>

#include <memory>
#include <optional>

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
#include "squared_error.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "Every image through its most probable tree: the decoders' means at the posterior means of the "
    "codes.\n"
    "A .png has the originals in one row and their reconstructions below; a .npy is float32\n"
    "[images, height, width], and [..., 3] of colours, of the reconstructions. Pixels that a mask "
    "hides are\n"
    "gray in the originals and filled in.\n"
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
  if (field == "missing") return image_query_default(field);
  return flag_text(config_json(reconstruct_fields(), ReconstructConfig{}).at(field));
}

ReconstructConfig checked_config(const Json& given) {
  ReconstructConfig config;
  apply_config(reconstruct_fields(), given, config);
  check_output("out", config.out, {".png", ".npy"});
  return config;
}

void run_reconstruct(const Options& options) {
  stop_on_signals();
  const ReconstructConfig config = checked_config(options.given());
  OpenQuery open("reconstruct", config.query);
  const Spvae& model = open.stored.model;
  const ImageSet& images = open.images;
  ImageSet all;
  const Sampling sampling = sampling_of(config.query, config.samples);
  {
    ProgressDisplay display;
    for_each_batch(model, images, sampling, *open.engine, open.pool,
                   scoring_progress(display, "reconstruct"), [&](const Evidence& evidence) {
                     append_images(reconstruct(model, evidence, open.pool), all);
                   });
  }
  if (has_ending(config.out, ".png")) {
    ImageSet rows = images;
    append_images(all, rows);
    write_png(config.out, contact_sheet(rows, images.count()));
  } else {
    const auto shape = array_shape(all, {static_cast<std::size_t>(all.count())});
    write_npy<float>(config.out, shape, all.values);
  }
  Json result = query_result(config.query, open);
  result["out"] = config.out;
  result["samples"] = config.samples;
  const std::optional<double> error = mean_squared_error(images, all, images.observed);
  result["squared_error"] = error ? Json(*error) : Json();
  write_description(config.out, config.query.run, open.stored.origin, result);
  if (options.json()) return print_json(result);
  print(fmt::format("{}: {}, mean squared error of {} {}\n", config.out,
                    counted(images.count(), "image"),
                    images.observed.empty() ? "a pixel" : "an observed pixel",
                    error ? fmt::format("{:.5f}", *error) : "unknown"));
}

}  // namespace

Run add_reconstruct(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, field_infos(reconstruct_fields()),
                                           shown_default, std::vector<std::string>{"run"});
  return [options] { run_reconstruct(*options); };
}

}  // namespace spvae::cli
