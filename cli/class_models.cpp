#include "class_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/query/log_likelihood.h"

namespace spvae::cli {
namespace {

std::string path_of(const std::string& folder, const ClassRun& run) {
  return (std::filesystem::path(folder) / run.folder).string();
}

StoredModel load_class_model(const std::string& folder, const ClassRun& run) try {
  return load_run_model(path_of(folder, run));
} catch (const Error& error) {
  if (error.kind() != ErrorKind::kNoInput) throw;
  fail(error.kind(),
       "{}: there is no model of class {} yet; 'spvae train --resume --out {}' goes on", folder,
       run.name, folder);
}

DataSet open_whole_data(const std::string& folder, const ClassRuns& runs, const DataChoice& choice,
                        ThreadPool& pool) {
  const ClassRun& first = runs.classes.front();
  DataConfig training = training_data(load_class_model(folder, first), path_of(folder, first));
  training.class_name.clear();
  return open_data(training, runs.data_digest, folder, choice, pool);
}

std::vector<int> class_labels(const ClassRuns& runs, const DataSet& data, Split split) {
  const Labels labels = data.labels(split);
  std::vector<int> values;
  for (const int label : labels.values) {
    const std::string& name = labels.names[static_cast<std::size_t>(label)];
    const auto found = std::ranges::find(runs.classes, name, &ClassRun::name);
    if (found == runs.classes.end()) {
      fail(ErrorKind::kData, "data {}: got the label {}, but there is no model of such a class",
           data.name(), name);
    }
    values.push_back(static_cast<int>(found - runs.classes.begin()));
  }
  return values;
}

/// Labels may be of more images than there are.
ClassifiedImages classified(const ClassRuns& runs, ImageSet images, std::vector<int> labels) {
  ClassifiedImages loaded{
      .images = std::move(images), .labels = std::move(labels), .likelihoods = {}};
  const auto count = static_cast<std::size_t>(loaded.images.count());
  loaded.labels.resize(std::min(loaded.labels.size(), count));
  loaded.likelihoods.resize(count * runs.classes.size());
  return loaded;
}

}  // namespace

ClassModels::ClassModels(const ImageQuery& query, const DataChoice& choice)
    : runs(load_class_runs(query.run)),
      pool(query.threads),
      data(open_whole_data(query.run, runs, choice, pool)) {
  for (const ClassRun& run : runs.classes) {  // all of them, before long work
    const std::vector<std::uint8_t> own = load_class_model(query.run, run).origin.unseen;
    unseen.resize(std::max(unseen.size(), own.size()));
    for (std::size_t i = 0; i < own.size(); ++i) unseen[i] |= own[i];
  }
}

ClassifiedImages ClassModels::load(const ImageQuery& query) {
  std::vector<int> labels;
  if (data.has_labels(query.split)) labels = class_labels(runs, data, query.split);
  ImageSet images = load_query_images(query, data, pool);
  warn_of_unseen_pixels(unseen.empty() ? data.hidden_pixels() : unseen, images);
  return classified(runs, std::move(images), std::move(labels));
}

ClassifiedImages ClassModels::load_validation(const ImageQuery& query, int most) try {
  // Of other data than the run's, the temperature is the run's all the same.
  const DataSet own =
      query.data.empty() || (!data.is_whole() && data.digest() == runs.data_digest &&
                             data.has_labels(Split::kValidation))
          ? data
          : open_whole_data(query.run, runs, {.data_dir = query.data_dir}, pool);
  std::optional<Mask> mask;
  if (!query.mask.empty()) {
    mask = load_mask(query.mask, own.height(), own.width(), data.count(query.split));
    const bool is_of_these = query.data.empty() && query.split == Split::kValidation;
    if (mask->count() > 1 && !is_of_these) {
      mask.reset();
      ProgressDisplay().say(
          "warning: the temperature is fitted on whole validation images, since the mask has one "
          "for each of others");
    }
  }
  return classified(
      runs, own.load(Split::kValidation, pool, {.most = most, .mask = mask ? &*mask : nullptr}),
      class_labels(runs, own, Split::kValidation));
} catch (const Error& error) {
  fail(error.kind(),
       "{}: no temperature can be fitted, since the run's own validation images, or their labels, "
       "cannot be had ({}); --temperature gives one",
       query.run, error.what());
}

void ClassModels::score(const ImageQuery& query, int samples,
                        const std::vector<ClassifiedImages*>& sets) {
  const std::size_t classes = runs.classes.size();
  int images = 0;
  for (const ClassifiedImages* set : sets) images += set->images.count();
  ProgressDisplay display;
  const EvaluationObserver show =
      scoring_progress(display, fmt::format("classify, {} models", classes));
  double done = 0;  // images, once for each model
  for (std::size_t c = 0; c < classes; ++c) {
    const StoredModel stored = load_class_model(query.run, runs.classes[c]);
    const auto engine = make_engine(query.engine, stored.model.leaves(), pool);
    for (ClassifiedImages* set : sets) {
      const std::vector<ImageScore> scores =
          log_likelihood(stored.model, set->images, sampling_of(query, samples), *engine, pool,
                         [&](double of_set, int) {
                           return show(done + of_set, images * static_cast<int>(classes));
                         });
      for (std::size_t i = 0; i < scores.size(); ++i) {
        set->likelihoods[i * classes + c] = scores[i].log_likelihood;
      }
      done += set->images.count();
    }
  }
}

}  // namespace spvae::cli
