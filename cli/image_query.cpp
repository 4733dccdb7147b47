#include "image_query.h"

#include "process.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/digest.h"
#include "spvae/model/data_units.h"

namespace spvae::cli {

const FieldList<ImageQuery>& image_query_fields() {
  using Config = ImageQuery;
  static const FieldList<Config> list = {
      required(text_field("run", &Config::run, "Folder of a run, or a model file")),
      text_field("data", &Config::data,
                 "data set, if not the run's: mnist, cifar10, svhn, or a path"),
      text_field("data-dir", &Config::data_dir, "folder to look for the data set in first"),
      choice_field("split", &Config::split, "which images of the data set",
                   {"train", "validation", "test"}),
      shown_as("all",
               number_field("limit", &Config::limit, "no more than the first N images", 1, 1e9)),
      text_field(
          "mask", &Config::mask,
          "pixels that are observed: FILE.npy, 1 (observed) and 0 (missing), [height, width] "
          "for all images of the split or [images, height, width]; or FILE.png, white and "
          "black"),
      shown_as("as the run",
               choice_field("missing", &Config::missing,
                            "what stands for a missing pixel in floating-point images",
                            {"run", "none", "nan"})),
      number_field(
          "prior-share", &Config::prior_share,
          "share of the codes that come from the prior, of leaves that are partly observed; "
          "the others come from the encoder",
          0, 1),
      choice_field("impute", &Config::impute, "what encoders see at missing pixels",
                   {"patch-mean", "zero"}),
      choice_field("sampler", &Config::sampler,
                   "what proposes the codes of leaves: the encoder; or laplace, for half of them, "
                   "the curvature at a mode of each image's posterior: few samples, tight bounds",
                   {"encoder", "laplace"}),
      choice_field("engine", &Config::engine,
                   "fused: SIMD kernels; reference: plain loops in double precision",
                   {"fused", "reference"}),
      number_field("seed", &Config::seed, "seed of the latent noise", 0, 4294967295.0),
      number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0, 1024),
  };
  return list;
}

Sampling sampling_of(const ImageQuery& query, int samples) {
  return {.samples = samples,
          .noise = {.seed = query.seed,
                    .purpose = Purpose::kEvaluation,
                    .prior_share = query.prior_share},
          .imputation = query.impute,
          .sampler = query.sampler};
}

DataChoice data_choice(const ImageQuery& query) {
  DataChoice choice{.data = query.data, .data_dir = query.data_dir};
  if (query.missing == QueryMissing::kNone) choice.missing = Missing::kNone;
  if (query.missing == QueryMissing::kNan) choice.missing = Missing::kNan;
  return choice;
}

std::optional<Mask> mask_of(const ImageQuery& query, const DataSet& data) {
  if (query.mask.empty()) return std::nullopt;
  return load_mask(query.mask, data.height(), data.width(), data.count(query.split));
}

ImageSet load_query_images(const ImageQuery& query, const DataSet& data, ThreadPool& pool) {
  const std::optional<Mask> mask = mask_of(query, data);
  const int most = query.limit == 0 && data.columns().empty() ? query.pictures : query.limit;
  return data.load(query.split, pool, {.most = most, .mask = mask ? &*mask : nullptr});
}

ImageSet load_query_images(const ImageQuery& query, const DataSet& data, const Spvae& model,
                           ThreadPool& pool) {
  if (data.columns().empty() != model.config().columns.are_none()) {
    fail(ErrorKind::kData, "the data are {}, but the model is of {}; give such",
         data.columns().empty() ? "images" : "vectors",
         data.columns().empty() ? "vectors" : "images");
  }
  ImageSet images = load_query_images(query, data, pool);
  check_images(images, model.config());
  if (query.is_addressed_by_content) address_by_content(images);
  return images;
}

OpenQuery::OpenQuery(const ImageQuery& asked)
    : query((stop_on_signals(), asked)),
      stored(load_run_model(query.run)),
      pool(query.threads),
      data(open_data(training_data(stored, query.run), stored.origin.data_digest, query.run,
                     data_choice(query), pool, warn_user)),
      images(load_query_images(query, data, stored.model, pool)),
      engine(make_engine(query.engine, stored.model.leaves(), pool)) {
  // Files of earlier builds do not name them; where the data are the run's, its mask does.
  const bool is_known = !stored.origin.unseen.empty();
  warn_of_unseen_pixels(is_known ? stored.origin.unseen : data.hidden_pixels(), images);
}

void OpenQuery::for_each_batch(const std::string& label, int samples,
                               const std::function<void(const Evidence&)>& use) {
  ProgressDisplay display;
  spvae::for_each_batch(stored.model, images, sampling_of(query, samples), *engine, pool,
                        scoring_progress(display, label), use);
}

Json OpenQuery::result() const { return query_result(query, data, images); }

void OpenQuery::describe(const std::string& path, Json description) const {
  write_description(path, query.run, stored.origin, std::move(description));
}

void OpenQuery::write(const std::string& path, const Table& table, const Json& result) const {
  write_table(path, table);
  Json description = result;
  description["columns"] = table.columns;
  describe(path, std::move(description));
}

void warn_of_unseen_pixels(std::span<const std::uint8_t> unseen, const ImageSet& images) {
  const int count = count_observed(unseen, images);
  if (count == 0) return;
  warn_user(
      fmt::format("training hid some pixels of every image: of the {} pixels of these "
                  "images the model never saw {}, and what it says of them was never learnt; "
                  "--mask hides pixels",
                  count_text(std::ssize(unseen)), count_text(count)));
}

std::string unreliable_reason(const OpenQuery& open) {
  const bool is_unbounded = open.query.prior_share == 0 && !open.images.observed.empty();
  return std::string(is_unbounded
                         ? "--prior-share 0 lets nothing bound the weights of missing pixels"
                         : "a few samples carry the bound") +
         ": it may be far below log p(x), and by how much is unknown";
}

std::string observed_text(const ImageSet& images) {
  if (images.observed.empty()) return "";
  return fmt::format("{:.1f} of {} {} observed", mean_observed_variables(images) / images.channels,
                     images.height * images.width,
                     images.columns.are_none() ? "pixels" : "columns");
}

Json query_result(const ImageQuery& query, const DataSet& data, const ImageSet& images) {
  Json result = {{"run", query.run}, {"images", images.count()}};
  const Json settings = config_json(image_query_fields(), query);
  for (const char* key : {"split", "seed", "sampler", "engine"}) result[key] = settings.at(key);
  if (data.is_whole()) result["split"] = "all";
  result["data"] = data.name();
  result["data_digest"] = data.digest();
  if (!data.warning().empty()) result["data_warning"] = data.warning();
  if (!query.mask.empty()) {
    result["mask"] = query.mask;
    result["mask_digest"] = digest_of_content(query.mask).sha256;
  }
  if (!images.observed.empty()) {
    result[images.columns.are_none() ? "observed_pixels" : "observed_columns"] =
        mean_observed_variables(images) / images.channels;
    for (const char* key : {"prior-share", "impute"}) result[key] = settings.at(key);
  }
  result["version"] = version();
  return result;
}

std::optional<double> mean_squared_error(const ImageSet& truth, const ImageSet& guesses,
                                         std::span<const std::uint8_t> counts) {
  const auto variables = static_cast<std::size_t>(truth.variables());
  const auto guesses_of_each =
      static_cast<std::size_t>(guesses.count()) / static_cast<std::size_t>(truth.count());
  double sum = 0;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < guesses.values.size(); ++i) {
    const std::size_t source = i / variables / guesses_of_each * variables + i % variables;
    if (!counts.empty() && counts[source] == 0) continue;
    const auto error = static_cast<double>(guesses.values[i] - truth.values[source]);
    sum += error * error;
    ++counted;
  }
  if (counted == 0) return std::nullopt;
  return sum / static_cast<double>(counted);
}

}  // namespace spvae::cli
