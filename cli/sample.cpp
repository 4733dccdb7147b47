#include "spvae/query/sample.h"

#include <fmt/format.h>

#include "options.h"
#include "output.h"
#include "spvae/core/version.h"
#include "spvae/io/npy.h"
#include "spvae/model/engine.h"
#include "spvae/run/run_model.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(A .png holds all samples in one grid, values clipped to [0, 1]; a .npy is float32
[count, height, width], and [..., 3] of colours, on the scale [0, 1] of the data, not clipped
(Gaussian draws may exceed it). Of vectors, .npy is [count, columns] and .csv has their names.
FILE.json beside it holds config, seed, version and data digest.
Sample i is the same for every count.

Example:
  spvae sample runs/mnist-spvae-gaussian --count 100 --mean --out samples.png)";

struct SampleConfig {
  std::string run;
  int count = 64;
  std::string out;
  bool mean = false;
  std::uint32_t seed = 0;
  int threads = 0;
};

FieldList<SampleConfig> fields() {
  using Config = SampleConfig;
  return {
      required(text_field("run", &Config::run, "Folder of a run, or a model file")),
      number_field("count", &Config::count, "number of samples", 1, 1e6),
      required(output_field("out", &Config::out, "FILE.png, .npy or, of vectors, .csv",
                            {".png", ".npy", ".csv"})),
      boolean_field("mean", &Config::mean,
                    "the decoders' means of the pixels instead of draws from their likelihood"),
      number_field("seed", &Config::seed, "seed of the samples", 0, 4294967295.0),
      number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0, 1024),
  };
}

void write_images(const ImageSet& images, const std::string& out) {
  if (has_ending(out, ".png")) return write_png(out, contact_sheet(images));
  write_values(out, images, {static_cast<std::size_t>(images.count())});
}

void run_sample(const SampleConfig& config, const Options& options) {
  const StoredModel stored = load_run_model(config.run);
  const Columns& columns = stored.model.config().columns;
  check_form(columns, "out", config.out, columns.are_none() ? ".png or .npy" : ".csv or .npy");
  ThreadPool pool(config.threads);
  const auto engine = make_engine(Engine::kFused, stored.model.leaves(), pool);
  const ImageSet images =
      sample(stored.model, config.count, config.seed,
             config.mean ? SampledPixels::kMean : SampledPixels::kDrawn, *engine, pool);
  write_images(images, config.out);
  Json result = {
      {"out", config.out}, {"count", config.count}, {"mean", config.mean}, {"seed", config.seed}};
  if (columns.are_none()) {
    result.update({{"height", images.height}, {"width", images.width}});
  } else {
    result["columns"] = columns.names;
  }
  write_description(config.out, config.run, stored.origin, result);
  result["run"] = config.run;
  result["version"] = version();
  options.print_result(
      result,
      fmt::format("{}: {} of {}\n", config.out, counted(config.count, "sample"),
                  columns.are_none() ? fmt::format("{}×{} pixels", images.height, images.width)
                                     : counted(images.width, "column")));
}

}  // namespace

Run add_sample(CLI::App& app) { return add_command(app, kExample, fields(), run_sample); }

}  // namespace spvae::cli
