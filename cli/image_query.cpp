#include "image_query.h"

#include "progress.h"
#include "run_model.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"

namespace spvae::cli {
namespace {

StoredModel load_model_of(const std::string& command, const ImageQuery& query) {
  if (query.run.empty()) {
    fail(ErrorKind::kUsage, "{}: no run given; say 'spvae {} RUN'", command, command);
  }
  return load_run_model(query.run);
}

}  // namespace

const FieldList<ImageQuery>& image_query_fields() {
  using Config = ImageQuery;
  static const FieldList<Config> list = {
      text_field("run", &Config::run, "Folder of a run, or a model file"),
      text_field("data", &Config::data,
                 "data set, if not the run's: mnist, cifar10, svhn, or a path"),
      text_field("data-dir", &Config::data_dir, "folder to look for the data set in first"),
      choice_field("split", &Config::split, "which images of the data set",
                   {"train", "validation", "test"}),
      number_field("limit", &Config::limit, "no more than the first N images", 1, 1e9),
      choice_field("engine", &Config::engine,
                   "fused: SIMD kernels; reference: plain loops in double precision",
                   {"fused", "reference"}),
      number_field("seed", &Config::seed, "seed of the latent noise", 0, 4294967295.0),
      number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0, 1024),
  };
  return list;
}

std::string image_query_default(const std::string& field) {
  if (field == "limit") return "all";
  const Json values = config_json(image_query_fields(), ImageQuery{});
  if (!values.contains(field)) return "";
  const Json& value = values.at(field);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

OpenQuery::OpenQuery(const std::string& command, const ImageQuery& query)
    : stored(load_model_of(command, query)),
      pool(query.threads),
      data(open_data(stored, query.run, query.data, query.data_dir, pool)),
      images(data.load(query.split, pool)),
      engine(make_engine(query.engine, stored.model.leaves(), pool)) {
  if (query.limit > 0) keep_first(images, query.limit);
  check_images(images, stored.model.config().height, stored.model.config().width);
  if (!data.warning().empty()) ProgressDisplay().say("warning: " + data.warning());
}

Json query_result(const ImageQuery& query, const OpenQuery& open) {
  return query_result(query, open.data, open.images.count());
}

Json query_result(const ImageQuery& query, const DataSet& data, int images) {
  Json result = {{"run", query.run}, {"images", images}};
  const Json settings = config_json(image_query_fields(), query);
  for (const char* key : {"split", "seed"}) result[key] = settings.at(key);
  result["data"] = data.name();
  result["data_digest"] = data.digest();
  if (!data.warning().empty()) result["data_warning"] = data.warning();
  result["version"] = version();
  return result;
}

}  // namespace spvae::cli
