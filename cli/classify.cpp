
#include <algorithm>

#include "image_query.h"
#include "options.h"
#include "output.h"
#include "process.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/core/stopwatch.h"
#include "spvae/query/classification.h"
#include "spvae/run/class_models.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(RUN is what 'spvae train --per-class' made: a density of each class. Images are classified by Bayes'
rule from their log-likelihoods under all of them. Such posteriors are far too sure of themselves,
so their logarithms are divided by one temperature, which is fitted on the run's validation images
(Guo et al., ICML 2017). Accuracy, negative log-likelihood in nats and expected calibration error (15
bins) are given before and after; --json adds the confusion matrix. --out writes the log-posteriors of
every image, also of images without labels.

Examples:
  spvae classify runs/mnist-spvae-gaussian-classes
  spvae classify runs/mnist-spvae-gaussian-classes --data mine.npy --out posteriors.csv)";

enum class Prior { kEqual, kEmpirical };

struct ClassifyConfig {
  ImageQuery query;
  std::string labels;
  int samples = 100;
  Prior prior = Prior::kEqual;
  double temperature = 0;  // 0: to be fitted
  int fit_images = 0;      // 0: all
  std::string out;
};

FieldList<ClassifyConfig> fields() {
  using Config = ClassifyConfig;
  FieldList<Config> list = query_fields<Config>({
      text_field("labels", &Config::labels,
                 "file of the images' labels: .npy, IDX, or text with one a line"),
      number_field("samples", &Config::samples, "importance samples of each leaf, image and class",
                   1, 1e9),
      choice_field("prior", &Config::prior,
                   "of the classes: equal, or as frequent as among the training images (empirical)",
                   {"equal", "empirical"}),
      shown_as("fitted", number_field("temperature", &Config::temperature,
                                      "take this one instead of fitting it; 1: as they are",
                                      kLeastTemperature, kGreatestTemperature)),
      shown_as("all",
               number_field("fit-images", &Config::fit_images,
                            "fit the temperature on no more than the first N validation images", 1,
                            1e9)),
      output_field("out", &Config::out,
                   "write every image's log-posteriors to FILE.npy, .csv or .jsonl", kTableEndings),
  });
  list.front().info.help = "Folder of 'spvae train --per-class'";
  return list;
}

std::vector<double> class_priors(const ClassRuns& runs, Prior prior) {
  double images = 0;
  for (const ClassRun& run : runs.classes) images += run.training_images;
  const std::size_t classes = runs.classes.size();
  std::vector<double> priors(classes, 1.0 / static_cast<double>(classes));
  if (prior == Prior::kEqual) return priors;
  for (std::size_t c = 0; c < classes; ++c) priors[c] = runs.classes[c].training_images / images;
  return priors;
}

Json quality_json(std::span<const double> log_posteriors, std::span<const int> labels) {
  const ClassificationQuality quality = classification_quality(log_posteriors, labels);
  return {{"accuracy", quality.accuracy},
          {"negative_log_likelihood", quality.negative_log_likelihood},
          {"calibration_error", quality.calibration_error}};
}

Json confusion_json(std::span<const double> log_posteriors, std::span<const int> labels) {
  const std::vector<int> counts = confusion_matrix(log_posteriors, labels);
  const std::size_t classes = log_posteriors.size() / labels.size();
  Json matrix = Json::array();
  for (std::size_t row = 0; row < classes; ++row) {
    matrix.push_back(std::span(counts).subspan(row * classes, classes));
  }
  return matrix;
}

Table table_of(const ClassRuns& runs, const ClassifiedImages& set,
               std::span<const double> log_posteriors) {
  const bool has_labels = !set.labels.empty();
  Table table{{"image"}, {}};
  if (has_labels) table.columns.emplace_back("label");
  table.columns.emplace_back("predicted");
  for (const ClassRun& run : runs.classes) table.columns.push_back("log_posterior_" + run.name);
  const std::vector<int> predicted = most_probable_classes(log_posteriors, runs.classes.size());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    table.values.push_back(set.images.indices[i]);
    if (has_labels) table.values.push_back(set.labels[i]);
    table.values.push_back(predicted[i]);
    const auto own = log_posteriors.subspan(i * runs.classes.size(), runs.classes.size());
    table.values.insert(table.values.end(), own.begin(), own.end());
  }
  return table;
}

std::string quality_text(const Json& quality) {
  return fmt::format(
      "accuracy {:.2f} %, negative log-likelihood {:.4f} nats, calibration error {:.4f}",
      100 * quality.at("accuracy").get<double>(),
      quality.at("negative_log_likelihood").get<double>(),
      quality.at("calibration_error").get<double>());
}

/// What came of fitting a temperature.
enum class TemperatureFit { kFitted, kPerfect, kTies, kLimit };
NLOHMANN_JSON_SERIALIZE_ENUM(TemperatureFit, {{TemperatureFit::kFitted, "fitted"},
                                              {TemperatureFit::kPerfect, "perfect"},
                                              {TemperatureFit::kTies, "ties"},
                                              {TemperatureFit::kLimit, "limit"}})

TemperatureFit fit_of(std::optional<double> fitted, std::span<const double> joint,
                      std::size_t classes, std::span<const int> labels) {
  if (fitted) {
    return *fitted == kGreatestTemperature ? TemperatureFit::kLimit : TemperatureFit::kFitted;
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const double> scores = joint.subspan(i * classes, classes);
    const double own = scores[static_cast<std::size_t>(labels[i])];
    if (std::ranges::count_if(scores, [own](double score) { return score >= own; }) > 1) {
      return TemperatureFit::kTies;
    }
  }
  return TemperatureFit::kPerfect;
}

std::string fit_warning(TemperatureFit fit) {
  switch (fit) {
    case TemperatureFit::kFitted:
      return "";
    case TemperatureFit::kPerfect:
      return "warning: every validation image is classified right, hence no temperature fits; 1 is "
             "taken\n";
    case TemperatureFit::kTies:
      return "warning: some validation images have classes that are equally likely, and the others "
             "are classified right, hence no temperature fits; 1 is taken\n";
    case TemperatureFit::kLimit:
      break;
  }
  return "warning: validation images are classified no better than by chance, so that the best "
         "temperature has no limit; the greatest that is tried is taken\n";
}

std::string readable(const Json& result) {
  std::string text = fmt::format(
      "{}: {}, {} classes, {} priors, temperature {:.4g}{}\n", result.at("run").get<std::string>(),
      counted(result.at("images").get<int>(), "image"), result.at("classes").size(),
      result.at("prior").get<std::string>(), result.at("temperature").get<double>(),
      result.contains("fit_images")
          ? fmt::format(", fitted on {}",
                        counted(result.at("fit_images").get<int>(), "validation image"))
          : "");
  if (result.contains("temperature_fit")) {
    text += fit_warning(result.at("temperature_fit").get<TemperatureFit>());
  }
  if (!result.contains("before")) {
    return text + "these images have no labels: --out writes their log-posteriors\n";
  }
  text += fmt::format("before  {}\n", quality_text(result.at("before")));
  return text + fmt::format("after   {}\n", quality_text(result.at("after")));
}

/// What Bayes' rule makes of the likelihoods.
struct Classification {
  double temperature = 1;
  TemperatureFit fit = TemperatureFit::kFitted;  ///< of no meaning where it was given
  std::vector<double> before = {};  ///< log-posteriors at temperature 1, [images, classes]
  std::vector<double> after = {};   ///< at `temperature`
};

Classification classify(const ClassifyConfig& config, const ClassRuns& runs,
                        const ClassifiedImages& asked, const ClassifiedImages* validation) {
  const std::vector<double> priors = class_priors(runs, config.prior);
  Classification result{.temperature = config.temperature};
  if (validation != nullptr) {
    const std::vector<double> joint = log_joint(validation->likelihoods, priors);
    const auto fitted = fit_temperature(joint, validation->labels);
    result.temperature = fitted.value_or(1);
    result.fit = fit_of(fitted, joint, priors.size(), validation->labels);
  }
  const std::vector<double> joint = log_joint(asked.likelihoods, priors);
  result.before = log_posteriors(joint, priors.size());
  result.after = log_posteriors(joint, priors.size(), result.temperature);
  return result;
}

Json result_json(const ClassifyConfig& config, const ClassModels& models,
                 const ClassifiedImages& asked, const ClassifiedImages* validation,
                 const Classification& found, double seconds) {
  Json result = query_result(config.query, models.data, asked.images);
  result["samples"] = config.samples;
  Json names = Json::array();
  for (const ClassRun& run : models.runs.classes) names.push_back(run.name);
  result["classes"] = names;
  result["prior"] = config_json(fields(), config).at("prior");
  result["class_priors"] = class_priors(models.runs, config.prior);
  result["temperature"] = found.temperature;
  if (validation != nullptr) {
    result["fit_images"] = validation->images.count();
    result["temperature_fit"] = found.fit;
  }
  result["labelled"] = !asked.labels.empty();
  if (!asked.labels.empty()) {
    result["before"] = quality_json(found.before, asked.labels);
    result["after"] = quality_json(found.after, asked.labels);
    result["confusion"] = confusion_json(found.after, asked.labels);
  }
  result["seconds"] = seconds;
  return result;
}

/// The run's validation images, to fit a temperature on: under the mask of the query where it fits
/// them.
ClassifiedImages validation_images(const ClassifyConfig& config, ClassModels& models) {
  const ImageQuery& query = config.query;
  std::optional<Mask> mask = mask_of(query, models.data);
  const bool is_of_these = query.data.empty() && query.split == Split::kValidation;
  if (mask && mask->count() > 1 && !is_of_these) {
    mask.reset();
    warn_user(
        "the temperature is fitted on whole validation images, since the mask has one for each of "
        "others");
  }
  return models.load_validation(config.fit_images, mask ? &*mask : nullptr);
}

void run_classify(const ClassifyConfig& config, const Options& options) {
  stop_on_signals();
  if (config.temperature > 0 && config.fit_images > 0) {
    fail(ErrorKind::kUsage,
         "fit-images: has no effect where --temperature is given; leave out one of them");
  }
  const ImageQuery& query = config.query;
  DataChoice choice = data_choice(query);
  choice.labels = config.labels;
  ClassModels models(query.run, choice, query.threads, warn_user);
  ClassifiedImages asked =
      models.labelled(load_query_images(query, models.data, models.pool), query.split);
  warn_of_unseen_pixels(models.unseen, asked.images);
  std::vector<ClassifiedImages*> sets = {&asked};
  ClassifiedImages validation;
  if (config.temperature == 0) {
    validation = validation_images(config, models);
    sets.push_back(&validation);
  }
  const Stopwatch stopwatch;
  ProgressDisplay display;
  models.score(
      sampling_of(query, config.samples), query.engine,
      scoring_progress(display, fmt::format("classify, {} models", models.runs.classes.size())),
      sets);
  const double seconds = stopwatch.seconds();

  const ClassifiedImages* fitted_on = sets.size() > 1 ? &validation : nullptr;
  const Classification found = classify(config, models.runs, asked, fitted_on);
  const Json result = result_json(config, models, asked, fitted_on, found, seconds);
  // Printed first: a file that cannot be written must not cost the result.
  options.print_result(result, readable(result));
  if (config.out.empty()) return;
  const Table table = table_of(models.runs, asked, found.after);
  write_table(config.out, table);
  Json description = result;
  description["columns"] = table.columns;
  description["model"] = {{"data", models.runs.data},
                          {"data_digest", models.runs.data_digest},
                          {"config", models.runs.config}};
  write_description(config.out, std::move(description));
}

}  // namespace

Run add_classify(CLI::App& app) { return add_command(app, kExample, fields(), run_classify); }

}  // namespace spvae::cli
