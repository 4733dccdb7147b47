

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/core/sample_statistics.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/engine.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/paired_difference.h"
#include "spvae/run/run_model.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(Which of two models is better, and is that more than chance: the mean over images of log p_A(x) -
log p_B(x), with its standard error. Both are scored on the same images with the same number of
samples. Runs of different likelihoods or preparation cannot be compared, nor of different data
unless --data names the images.

Example:
  spvae compare runs/mnist-spvae-gaussian runs/mnist-vae-gaussian --limit 2000)";

struct CompareConfig {
  ImageQuery query{.is_addressed_by_content = false};  // of run A
  std::string other;
  int samples = 1000;
  std::string per_image;
};

FieldList<CompareConfig> fields() {
  using Config = CompareConfig;
  return query_fields<Config>({
      required(text_field("other", &Config::other, "Folder of the other run, B, or a model file")),
      number_field("samples", &Config::samples, "importance samples of each leaf and image", 1,
                   1e9),
      output_field("per-image", &Config::per_image,
                   "write both log-likelihoods of every image to FILE.npy", {".npy"}),
  });
}

/// Densities compare only where they are of the same numbers: prepared alike, and of the same data
/// unless --data names others.
void check_comparable(const CompareConfig& config, const StoredModel& a, const StoredModel& b) {
  const Json training = trained_config(a, config.query.run);
  const Json other = trained_config(b, config.other);
  // Whatever the model sees of colours, its probabilities are of red, green and blue.
  const auto prepared = [](const Json& of, const char* key) {
    return key == std::string_view("colour") && of.at(key) == "ycocg" ? Json("rgb") : of.at(key);
  };
  const bool is_discrete = spvae::is_discrete(a.model.config().leaf.likelihood);
  for (const char* key :
       {"likelihood", "data-seed", "colour", "stretch", "dequantize", "binarise"}) {
    const bool is_noise = std::string_view(key) == "dequantize";
    if (prepared(training, key) == prepared(other, key) || (is_noise && is_discrete)) continue;
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
                            count_text(unreliable), count_text(open.images.count()),
                            unreliable_reason(open)));
  }
  return scores;
}

void run_compare(const CompareConfig& config, const Options& options) {
  const StoredModel b = load_run_model(config.other);
  check_comparable(config, load_run_model(config.query.run), b);
  OpenQuery open(config.query);
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
  result.update(open.result());
  options.print_result(result,
                       fmt::format("A {} nats, B {} nats; A - B: {} ± {:.3f} nats per image, {}\n",
                                   nats_text(mean_a), nats_text(mean_b), nats_text(pair.mean),
                                   pair.standard_error, counted(pair.images, "image")));
  if (config.per_image.empty()) return;
  Table table{{"log_likelihood", "other_log_likelihood", "image"}, {}};
  for (std::size_t i = 0; i < scores_a.size(); ++i) {
    table.values.insert(table.values.end(),
                        {scores_a[i], scores_b[i], static_cast<double>(open.images.indices[i])});
  }
  open.write(config.per_image, table, result);
}

}  // namespace

Run add_compare(CLI::App& app) {
  return add_command(app, kExample, fields(), run_compare, {"run", "other"});
}

}  // namespace spvae::cli
