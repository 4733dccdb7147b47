#pragma once

#include <cstdint>
#include <vector>

#include "image_query.h"
#include "run_model.h"
#include "spvae/data/data_set.h"
#include "spvae/train/class_runs.h"

namespace spvae::cli {

/// Images of one split, and what the models of the classes make of them.
struct ClassifiedImages {
  ImageSet images;
  std::vector<int> labels;          ///< positions among the classes; empty: unknown
  std::vector<double> likelihoods;  ///< [images, classes], bounds on log p(x | class), nats
};

/// The models of a folder of `spvae train --per-class`, and data to ask them about.
struct ClassModels {
  /// Finds models and data: `choice`, or the run's, of all classes. Warns on stderr as
  /// open_data. Errors as load_class_runs, load_model and open_data; Error(kNoInput), with what to
  /// do, for a class without a model.
  ClassModels(const ImageQuery& query, const DataChoice& choice);

  /// The query's images; warns on stderr of pixels that a model never saw. Error(kData) for a label
  /// of another class than there are models of; else as load_query_images.
  ClassifiedImages load(const ImageQuery& query);

  /// The first `most` validation images (0: all) of the data that the models were trained on, under
  /// the query's mask if that is one for all images, or of these; else it warns. Errors as
  /// open_data, DataSet::load and load_mask, with what to do.
  ClassifiedImages load_validation(const ImageQuery& query, int most);

  /// Fills in the likelihoods of all sets, one model in memory at a time; shows progress. All
  /// models meet the same noise. Errors as log_likelihood.
  void score(const ImageQuery& query, int samples, const std::vector<ClassifiedImages*>& sets);

  ClassRuns runs;
  ThreadPool pool;
  DataSet data;
  std::vector<std::uint8_t> unseen;  ///< [height · width] 1 for pixels that some model never saw
};

}  // namespace spvae::cli
