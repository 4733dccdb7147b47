#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <vector>

#include "commands.h"
#include "image_query.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "output_file.h"
#include "progress.h"
#include "run_model.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/core/sample_statistics.h"
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
    "samples. Runs of different likelihoods or preparation cannot be compared, nor of different "
    "data\n"
    "unless --data names the images.\n"
    "\n"
    "Example:\n"
    "  spvae compare runs/mnist-spvae-gaussian runs/mnist-vae-gaussian --limit 2000";

struct CompareConfig {
  ImageQuery query;  // of run A
  std::string other;
  int samples = 1000;
  std::string per_image;
};

const FieldList<CompareConfig>& compare_fields() {
  using Config = CompareConfig;
  static const FieldList<Config> list = [] {
    FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
    fields.push_back(
        text_field("other", &Config::other, "Folder of the other run, B, or a model file"));
    fields.push_back(number_field("samples", &Config::samples,
                                  "importance samples of each leaf and image", 1, 1e9));
    fields.push_back(text_field("per-image", &Config::per_image,
                                "write both log-likelihoods of every image to FILE.npy"));
    return fields;
  }();
  return list;
}

std::string shown_default(const std::string& field) {
  if (field == "samples") return std::to_string(CompareConfig{}.samples);
  return image_query_default(field);
}

CompareConfig checked_config(const Json& given) {
  CompareConfig config;
  apply_config(compare_fields(), given, config);
  if (config.query.run.empty() || config.other.empty()) {
    fail(ErrorKind::kUsage, "compare: expected two runs; say 'spvae compare RUN_A RUN_B'");
  }
  if (!config.per_image.empty()) check_output("per-image", config.per_image, {".npy"});
  return config;
}

/// Densities compare only where they are of the same numbers: prepared alike, and of the same data
/// unless --data names others.
void check_comparable(const CompareConfig& config, const StoredModel& a, const StoredModel& b) {
  const Json training = trained_config(a, config.query.run);
  const Json other = trained_config(b, config.other);
  const bool is_discrete = spvae::is_discrete(a.model.config().leaf.likelihood);
  for (const char* key : {"likelihood", "data-seed", "colour", "stretch", "dequantize"}) {
    const bool is_noise = std::string_view(key) == "dequantize";
    if (training.at(key) == other.at(key) || (is_noise && is_discrete)) continue;
    fail(ErrorKind::kUsage, "the runs cannot be compared: their {} differs, {} and {}", key,
         training.at(key).dump(), other.at(key).dump());
  }
  if (!config.query.data.empty()) return;
  if (a.origin.data_digest != b.origin.data_digest) {
    fail(ErrorKind::kUsage,
         "the runs cannot be compared: they are of other data, {} and {} (digests {} and {}); say "
         "--data to compare them on images of your choice",
         a.origin.data, b.origin.data, a.origin.data_digest, b.origin.data_digest);
  }
}

std::vector<double> scores_of(const CompareConfig& config, const Spvae& model,
                              const std::string& name, OpenQuery& open) {
  const auto engine = make_engine(config.query.engine, model.leaves(), open.pool);
  ProgressDisplay display;
  std::vector<double> scores;
  int unreliable = 0;
  for (const ImageScore& score :
       log_likelihood(model, open.images, sampling_of(config.query, config.samples), *engine,
                      open.pool, scoring_progress(display, name))) {
    scores.push_back(score.log_likelihood);
    unreliable += score.is_reliable ? 0 : 1;
  }
  if (unreliable > 0) {
    display.say(fmt::format("warning: by {}, {} of {} images are unreliable, since {}", name,
                            grouped(unreliable), grouped(open.images.count()),
                            unreliable_reason(config.query, open.images)));
  }
  return scores;
}

void run_compare(const Options& options) {
  stop_on_signals();
  const CompareConfig config = checked_config(options.given());
  const StoredModel b = load_run_model(config.other);
  check_comparable(config, load_run_model(config.query.run), b);
  OpenQuery open("compare", config.query);
  if (open.images.count() < 2) {
    fail(ErrorKind::kUsage, "images: got 1, expected at least 2 to compare");
  }
  const std::vector<double> scores_a = scores_of(config, open.stored.model, "run A", open);
  const std::vector<double> scores_b = scores_of(config, b.model, "run B", open);
  const double mean_a = sample_statistics(scores_a).mean;
  const double mean_b = sample_statistics(scores_b).mean;
  const PairedDifference pair = paired_difference(scores_a, scores_b);

  Json result = {{"run", config.query.run},  {"other", config.other},
                 {"images", pair.images},    {"samples", config.samples},
                 {"log_likelihood", mean_a}, {"other_log_likelihood", mean_b},
                 {"difference", pair.mean},  {"standard_error", pair.standard_error}};
  result.update(query_result(config.query, open));
  if (options.json()) {
    print_json(result);
  } else {
    print(fmt::format("A {} nats, B {} nats; A - B: {} ± {:.3f} nats per image, {}\n",
                      nats_text(mean_a), nats_text(mean_b), nats_text(pair.mean),
                      pair.standard_error, counted(pair.images, "image")));
  }
  if (config.per_image.empty()) return;
  std::vector<double> rows;
  for (std::size_t i = 0; i < scores_a.size(); ++i) {
    rows.insert(rows.end(),
                {scores_a[i], scores_b[i], static_cast<double>(open.images.indices[i])});
  }
  const std::size_t shape[] = {scores_a.size(), 3};
  write_npy<double>(config.per_image, shape, rows);
  Json description = result;
  description["columns"] = {"log_likelihood", "other_log_likelihood", "image"};
  write_description(config.per_image, config.query.run, open.stored.origin, std::move(description));
}

}  // namespace

Run add_compare(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, field_infos(compare_fields()),
                                           shown_default, std::vector<std::string>{"run", "other"});
  return [options] { run_compare(*options); };
}

}  // namespace spvae::cli
