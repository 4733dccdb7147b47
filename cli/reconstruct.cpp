#include <fmt/format.h>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "spvae/query/embedding.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(Every image through its most probable tree: the decoders' means at the posterior means of the codes.
A .png has the originals in one row and their reconstructions below; a .npy is float32
[images, height, width], and [..., 3] of colours, of the reconstructions. Pixels that a mask hides are
gray in the originals and filled in.

Example:
  spvae reconstruct runs/mnist-spvae-gaussian --out reconstructions.png)";

struct ReconstructConfig {
  ImageQuery query{.pictures = 16};
  int samples = 100;
  std::string out;
};

FieldList<ReconstructConfig> fields() {
  using Config = ReconstructConfig;
  return query_fields<Config>({
      number_field("samples", &Config::samples, "importance samples behind the choice of the tree",
                   1, 1e9),
      required(output_field("out", &Config::out, "FILE.png, .npy or, of vectors, .csv",
                            {".png", ".npy", ".csv"})),
  });
}

void run_reconstruct(const ReconstructConfig& config, const Options& options) {
  OpenQuery open(config.query);
  const ImageSet& images = open.images;
  check_form(images.columns, "out", config.out,
             images.columns.are_none() ? ".png or .npy" : ".npy or .csv");
  ImageSet all;
  open.for_each_batch("reconstruct", config.samples, [&](const Evidence& evidence) {
    append_images(reconstruct(open.stored.model, evidence, *open.engine, open.pool), all);
  });
  if (has_ending(config.out, ".png")) {
    ImageSet rows = images;
    append_images(all, rows);
    write_png(config.out, contact_sheet(rows, images.count()));
  } else {
    write_values(config.out, all, {static_cast<std::size_t>(all.count())});
  }
  const std::optional<double> error = mean_squared_error(images, all, images.observed);
  Json result = open.result();
  result.update({{"out", config.out},
                 {"samples", config.samples},
                 {"squared_error", error ? Json(*error) : Json()}});
  open.describe(config.out, result);
  options.print_result(result, fmt::format("{}: {}, mean squared error of {} {}\n", config.out,
                                           counted(images.count(), images.columns.thing()),
                                           (images.observed.empty() ? "a " : "an observed ") +
                                               std::string(images.columns.variable()),
                                           error ? fmt::format("{:.5f}", *error) : "unknown"));
}

}  // namespace

Run add_reconstruct(CLI::App& app) { return add_command(app, kExample, fields(), run_reconstruct); }

}  // namespace spvae::cli
