#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/data_set.h"
#include "spvae/model/engine.h"
#include "spvae/query/evidence.h"
#include "spvae/run/class_runs.h"
#include "spvae/run/run_model.h"

namespace spvae {

/// Images of one split, and what the models of the classes make of them.
struct ClassifiedImages {
  ImageSet images;
  std::vector<int> labels;          ///< positions among the classes; empty: unknown
  std::vector<double> likelihoods;  ///< [images, classes], bounds on log p(x | class), nats
};

/// The models of a folder of `spvae train --per-class`, and data to ask them about.
struct ClassModels {
  /// Finds models and data: `choice`, or the run's, of all classes. Warns as open_data. Errors as
  /// load_class_runs, load_model and open_data; Error(kNoInput), with what to do, for a class
  /// without a model.
  ClassModels(std::string folder, DataChoice choice, int threads, Warn warn);

  /// `images` of `data`, the first of their split. Error(kData) for a label of another class than
  /// there are models of.
  ClassifiedImages labelled(ImageSet images, Split split) const;

  /// The first `most` validation images (0: all) of the data that the models were trained on, under
  /// `mask` unless it is null. Errors as open_data and DataSet::load, with what to do.
  ClassifiedImages load_validation(int most, const Mask* mask);

  /// Fills in the likelihoods of all sets, one model in memory at a time. `observer` is told of
  /// images, once for each model. All models meet the same noise. Errors as log_likelihood.
  void score(const Sampling& sampling, Engine engine, const EvaluationObserver& observer,
             const std::vector<ClassifiedImages*>& sets);

  std::string folder;
  DataChoice choice;
  Warn warn;
  ClassRuns runs;
  ThreadPool pool;
  DataSet data;
  std::vector<std::uint8_t> unseen;  ///< [height · width] 1 for pixels that some model never saw
};

}  // namespace spvae
