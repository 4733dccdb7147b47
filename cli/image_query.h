#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "output.h"
#include "spvae/config/config_fields.h"
#include "spvae/data/data_set.h"
#include "spvae/data/image_set.h"
#include "spvae/data/mask.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/engine.h"
#include "spvae/query/evidence.h"
#include "spvae/run/run_model.h"

namespace spvae::cli {

/// What stands for a missing pixel in floating-point images; the last two as Missing.
enum class QueryMissing { kAsRun = 0, kNone = 1, kNan = 2 };

/// What commands that ask a model about images have in common.
struct ImageQuery {
  std::string run = {};
  std::string data = {};      ///< empty: the run's
  std::string data_dir = {};  ///< empty: the run's
  Split split = Split::kTest;
  int limit = 0;          ///< 0: all images, but
  int pictures = 0;       ///< of those that are drawn only so many; 0: all
  std::string mask = {};  ///< file of load_mask for the split's images; empty: none
  QueryMissing missing = QueryMissing::kAsRun;
  double prior_share = 0.2;
  Imputation impute = Imputation::kPatchMean;
  Sampler sampler = Sampler::kEncoder;
  Engine engine = Engine::kFused;
  std::uint32_t seed = 0;
  int threads = 0;
  /// Noise by what an image shows (address_by_content), as in every program; else by its index in
  /// its file, as the paper's protocol has it.
  bool is_addressed_by_content = true;
};

const FieldList<ImageQuery>& image_query_fields();

/// The fields of a command whose config has an ImageQuery `query`, and those of its own.
template <class Config>
FieldList<Config> query_fields(FieldList<Config> own) {
  FieldList<Config> fields = fields_of(&Config::query, image_query_fields());
  auto& limit =
      std::ranges::find(fields, "limit", [](const auto& field) { return field.info.name; })->info;
  if (Config{}.query.limit > 0) limit.shown_default.clear();
  if (const int pictures = Config{}.query.pictures; pictures > 0) {
    limit.shown_default = fmt::format("{}, of vectors all", pictures);
  }
  return with_fields(std::move(fields), std::move(own));
}

/// How such a command samples the codes of leaves.
Sampling sampling_of(const ImageQuery& query, int samples);

/// What the query says of the images instead of its run; labels are the command's own.
DataChoice data_choice(const ImageQuery& query);

/// The query's mask, if it has one. Errors as load_mask.
std::optional<Mask> mask_of(const ImageQuery& query, const DataSet& data);

/// The first images of the query's split, its mask applied. Errors as load_mask and DataSet::load.
ImageSet load_query_images(const ImageQuery& query, const DataSet& data, ThreadPool& pool);

/// The same; they must have the model's size. Errors also as check_images.
ImageSet load_query_images(const ImageQuery& query, const DataSet& data, const Spvae& model,
                           ThreadPool& pool);

/// A query with everything that it asks for.
struct OpenQuery {
  /// From now on signals are asked for (stop_on_signals). Errors as load_run_model, open_data and
  /// load_query_images. Warns on stderr as open_data, and of pixels that were never seen in
  /// training.
  explicit OpenQuery(const ImageQuery& asked);

  /// The evidence of all images, a batch after another, shown on stderr as scoring_progress.
  void for_each_batch(const std::string& label, int samples,
                      const std::function<void(const Evidence&)>& use);

  /// The keys of query_result.
  Json result() const;

  /// As write_description, of what the model made.
  void describe(const std::string& path, Json description) const;

  /// Writes a table, and its description: `result` and the columns' names.
  void write(const std::string& path, const Table& table, const Json& result) const;

  ImageQuery query;
  StoredModel stored;
  ThreadPool pool;
  DataSet data;
  ImageSet images;
  std::unique_ptr<LeafEngine> engine;
};

/// Warns on stderr where images have pixels that are marked [height · width]: no training image had
/// them.
void warn_of_unseen_pixels(std::span<const std::uint8_t> unseen, const ImageSet& images);

/// Why images are unreliable (ImageScore) and what that means, to follow "since".
std::string unreliable_reason(const OpenQuery& open);

/// What is known of images that lack pixels, "72.0 of 144 pixels observed"; empty of others.
std::string observed_text(const ImageSet& images);

/// The keys that every result of such a command has: run, images, split, seed, engine, data,
/// data_digest, data_warning (if there is one), mask and mask_digest (if there is one), version;
/// of images that lack pixels also observed_pixels (the mean), prior-share and impute.
/// The split is "all" of data that are not divided.
Json query_result(const ImageQuery& query, const DataSet& data, const ImageSet& images);

/// Mean squared error of the pixels that counts [N, V] has 1 for (empty: of all), over all images
/// of `guesses`, of which every image of `truth` has as many, one after another. Nothing if no
/// pixel counts.
std::optional<double> mean_squared_error(const ImageSet& truth, const ImageSet& guesses,
                                         std::span<const std::uint8_t> counts);

}  // namespace spvae::cli
