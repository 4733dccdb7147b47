#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <vector>

#include "commands.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "output_file.h"
#include "progress.h"
#include "run_model.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/npy.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/engine.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/paired_difference.h"
#include "spvae/train/run_config.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "Which of two models is better, and is that more than chance: the mean over images of log "
    "p_A(x) -\n"
    "log p_B(x), with its standard error. Both are scored on the same images with the same number "
    "of\n"
    "samples. Runs of different likelihoods, data or preparation cannot be compared.\n"
    "\n"
    "Example:\n"
    "  spvae compare runs/mnist-spvae-gaussian runs/mnist-vae-gaussian --limit 2000";

struct CompareConfig {
  std::string run;
  std::string other;
  std::string data_dir;  // empty: that of the runs
  Split split = Split::kTest;
  int samples = 1000;
  int limit = 0;  // 0: all images
  std::string per_image;
  std::uint32_t seed = 0;
  int threads = 0;
};

const FieldList<CompareConfig>& compare_fields() {
  using Config = CompareConfig;
  static const FieldList<Config> list = {
      text_field("run", &Config::run, "Folder of run A, or a model file"),
      text_field("other", &Config::other, "Folder of run B, or a model file"),
      text_field("data-dir", &Config::data_dir, "folder to look for the data set in first"),
      choice_field("split", &Config::split, "which images of the data set",
                   {"train", "validation", "test"}),
      number_field("samples", &Config::samples, "importance samples of each leaf and image", 1,
                   1e9),
      number_field("limit", &Config::limit, "compare no more than the first N images", 2, 1e9),
      text_field("per-image", &Config::per_image,
                 "write both log-likelihoods of every image to FILE.npy"),
      number_field("seed", &Config::seed, "seed of the latent noise", 0, 4294967295.0),
      number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0, 1024),
  };
  return list;
}

std::string shown_default(const std::string& field) {
  if (field == "limit") return "all";
  const Json value = config_json(compare_fields(), CompareConfig{}).at(field);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

CompareConfig checked_config(const Json& given) {
  CompareConfig config;
  apply_config(compare_fields(), given, config);
  if (config.run.empty() || config.other.empty()) {
    fail(ErrorKind::kUsage, "compare: expected two runs; say 'spvae compare RUN_A RUN_B'");
  }
  if (!config.per_image.empty()) {
    if (!has_ending(config.per_image, ".npy")) {
      fail(ErrorKind::kUsage, "per-image: got {}, expected a name that ends in .npy",
           config.per_image);
    }
    check_can_create(config.per_image);
  }
  return config;
}

/// Densities compare only where they are of the same numbers.
void check_comparable(const StoredModel& a, const StoredModel& b) {
  // Models of earlier builds do not record the last two: they are those of all data then.
  const Json defaults = {
      {"likelihood", ""}, {"data-seed", 0}, {"stretch", "image"}, {"dequantize", "on"}};
  for (const auto& [key, before] : defaults.items()) {
    const Json of_a = a.origin.training.value(key, before);
    const Json of_b = b.origin.training.value(key, before);
    if (of_a == of_b) continue;
    fail(ErrorKind::kUsage, "the runs cannot be compared: their {} differs, {} and {}", key,
         of_a.dump(), of_b.dump());
  }
  if (a.origin.data_digest != b.origin.data_digest) {
    fail(ErrorKind::kUsage,
         "the runs cannot be compared: they are of other data, {} and {} (digests {} and {})",
         a.origin.data, b.origin.data, a.origin.data_digest, b.origin.data_digest);
  }
}

std::vector<double> scores_of(const CompareConfig& config, const Spvae& model,
                              const ImageSet& images, const std::string& name, ThreadPool& pool) {
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  ProgressDisplay display;
  std::vector<double> scores;
  for (const ImageScore& score : log_likelihood(
           model, images, config.samples, {.seed = config.seed, .purpose = Purpose::kEvaluation},
           *engine, pool, scoring_progress(display, name))) {
    scores.push_back(score.log_likelihood);
  }
  return scores;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void run_compare(const Options& options) {
  stop_on_signals();
  const CompareConfig config = checked_config(options.given());
  const StoredModel a = load_run_model(config.run);
  const StoredModel b = load_run_model(config.other);
  check_comparable(a, b);
  ThreadPool pool(config.threads);
  const DataSet data = open_data(a, config.run, "", config.data_dir, pool);
  ImageSet images = data.load(config.split, pool);
  if (config.limit > 0) keep_first(images, config.limit);
  if (images.count() < 2) {
    fail(ErrorKind::kUsage, "limit: got 1 image, expected at least 2 to compare");
  }
  const std::vector<double> scores_a = scores_of(config, a.model, images, "run A", pool);
  const std::vector<double> scores_b = scores_of(config, b.model, images, "run B", pool);
  const PairedDifference pair = paired_difference(scores_a, scores_b);

  Json result = {{"run", config.run},
                 {"other", config.other},
                 {"images", pair.images},
                 {"samples", config.samples},
                 {"log_likelihood", mean_of(scores_a)},
                 {"other_log_likelihood", mean_of(scores_b)},
                 {"difference", pair.mean},
                 {"standard_error", pair.standard_error},
                 {"seed", config.seed},
                 {"data", data.name()},
                 {"data_digest", data.digest()},
                 {"version", version()}};
  if (!data.warning().empty()) result["data_warning"] = data.warning();
  if (options.json()) {
    print_json(result);
  } else {
    print(fmt::format("A {} nats, B {} nats; A - B: {} ± {:.3f} nats per image, {}\n",
                      nats_text(mean_of(scores_a)), nats_text(mean_of(scores_b)),
                      nats_text(pair.mean), pair.standard_error, counted(pair.images, "image")));
  }
  if (config.per_image.empty()) return;
  std::vector<double> rows;
  for (std::size_t i = 0; i < scores_a.size(); ++i) {
    rows.insert(rows.end(), {scores_a[i], scores_b[i], static_cast<double>(images.indices[i])});
  }
  const std::size_t shape[] = {scores_a.size(), 3};
  write_npy<double>(config.per_image, shape, rows);
  Json description = result;
  description["columns"] = {"log_likelihood", "other_log_likelihood", "image"};
  write_description(config.per_image, config.run, a.origin, std::move(description));
}

}  // namespace

Run add_compare(CLI::App& command) {
  command.footer(kExample);
  auto options = std::make_shared<Options>(command, field_infos(compare_fields()), shown_default,
                                           std::vector<std::string>{"run", "other"});
  return [options] { run_compare(*options); };
}

}  // namespace spvae::cli
