#include "spvae/run/class_models.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/query/log_likelihood.h"

namespace spvae {
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
                        ThreadPool& pool, const Warn& warn) {
  const ClassRun& first = runs.classes.front();
  DataConfig training = training_data(load_class_model(folder, first), path_of(folder, first));
  training.class_name.clear();
  return open_data(training, runs.data_digest, folder, choice, pool, warn);
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

ClassModels::ClassModels(std::string from, DataChoice asked, int threads, Warn warning)
    : folder(std::move(from)),
      choice(std::move(asked)),
      warn(std::move(warning)),
      runs(load_class_runs(folder)),
      pool(threads),
      data(open_whole_data(folder, runs, choice, pool, warn)) {
  for (const ClassRun& run : runs.classes) {  // all of them, before long work
    const std::vector<std::uint8_t> own = load_class_model(folder, run).origin.unseen;
    unseen.resize(std::max(unseen.size(), own.size()));
    for (std::size_t i = 0; i < own.size(); ++i) unseen[i] |= own[i];
  }
  if (unseen.empty()) unseen = data.hidden_pixels();
}

ClassifiedImages ClassModels::labelled(ImageSet images, Split split) const {
  std::vector<int> labels;
  if (data.has_labels(split)) labels = class_labels(runs, data, split);
  return classified(runs, std::move(images), std::move(labels));
}

ClassifiedImages ClassModels::load_validation(int most, const Mask* mask) try {
  // Of other data than the run's, the temperature is the run's all the same.
  const bool are_own =
      choice.data.empty() || (!data.is_whole() && data.digest() == runs.data_digest &&
                              data.has_labels(Split::kValidation));
  std::optional<DataSet> other;
  if (!are_own) {
    other = open_whole_data(folder, runs, {.data_dir = choice.data_dir}, pool, warn);
  }
  const DataSet& own = are_own ? data : *other;
  return classified(runs, own.load(Split::kValidation, pool, {.most = most, .mask = mask}),
                    class_labels(runs, own, Split::kValidation));
} catch (const Error& error) {
  fail(error.kind(),
       "{}: no temperature can be fitted, since the run's own validation images, or their labels, "
       "cannot be had ({}); --temperature gives one",
       folder, error.what());
}

void ClassModels::score(const Sampling& sampling, Engine engine, const EvaluationObserver& observer,
                        const std::vector<ClassifiedImages*>& sets) {
  const std::size_t classes = runs.classes.size();
  int images = 0;
  for (const ClassifiedImages* set : sets) images += set->images.count();
  double done = 0;  // images, once for each model
  for (std::size_t c = 0; c < classes; ++c) {
    const StoredModel stored = load_class_model(folder, runs.classes[c]);
    const auto own = make_engine(engine, stored.model.leaves(), pool);
    for (ClassifiedImages* set : sets) {
      const std::vector<ImageScore> scores =
          log_likelihood(stored.model, set->images, sampling, *own, pool, [&](double of_set, int) {
            return observer(done + of_set, images * static_cast<int>(classes));
          });
      for (std::size_t i = 0; i < scores.size(); ++i) {
        set->likelihoods[i * classes + c] = scores[i].log_likelihood;
      }
      done += set->images.count();
    }
  }
}

}  // namespace spvae
