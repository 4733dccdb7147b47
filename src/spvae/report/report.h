#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "spvae/core/thread_pool.h"
#include "spvae/data/data_set.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/checkpoint.h"
#include "spvae/query/evidence.h"
#include "spvae/query/log_likelihood.h"

namespace spvae {

/// What a report is made from.
struct ReportSource {
  std::string run;  ///< folder of the run, or its model's file
  const StoredModel& stored;
  const DataSet& data;
  const ImageSet& images;  ///< of `split`, at least one: they are scored and shown
  Split split = Split::kTest;
  LeafEngine& engine;
  ThreadPool& pool;
};

struct ReportOptions {
  Sampling sampling = {.samples = 1000};  ///< of everything; its noise's seed is that of draws too
  int proposals = 1000;                   ///< codes of each leaf that completions resample
  int pictures = 10;                      ///< images in each section that shows some
};

/// Told what is being computed; of scores the images done and in all, otherwise 0 of 0. Returns
/// false to stop (throws Error(kInterrupted)).
using ReportObserver = std::function<bool(const std::string& what, double done, int total)>;

struct Report {
  std::string html;    ///< a document of its own: it needs neither other files nor a network
  ScoreSummary score;  ///< of the images
};

/// What was learnt from what, with which command; learning curves; scores of the images, the least
/// and the most likely ones, their trees, reconstructions and completions; samples; latent spaces
/// and sum weights; of vectors without what is drawn of images. Throws as check_images,
/// gather_evidence and render_plot.
Report make_report(const ReportSource& source, const ReportOptions& options,
                   const ReportObserver& observer);

}  // namespace spvae
