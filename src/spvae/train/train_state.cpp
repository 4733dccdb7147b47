#include "spvae/train/train_state.h"

#include <array>

#include "spvae/core/error.h"
#include "spvae/model/sealed_file.h"

namespace spvae {
namespace {

const FileFormat kStateFormat = {"spvae-training-state", "2", "training state"};

Json progress_json(const Progress& progress) {
  // Numbers are written with as many digits as they need to be read back exactly.
  Json json = {{"step", progress.step},
               {"bound_sum", progress.bound_sum},
               {"bound_count", progress.bound_count},
               {"best_step", progress.best_step},
               {"checks_without_best", progress.checks_without_best}};
  if (progress.best_step > 0) json["best_bound"] = progress.best_bound;
  return json;
}

Progress progress_from(const Json& json) {
  Progress progress;
  progress.step = json.at("step");
  progress.bound_sum = json.at("bound_sum");
  progress.bound_count = json.at("bound_count");
  progress.best_step = json.at("best_step");
  progress.checks_without_best = json.at("checks_without_best");
  if (progress.best_step > 0) progress.best_bound = json.at("best_bound");
  return progress;
}

}  // namespace

void save_train_state(const std::filesystem::path& path, const TrainState& state,
                      const StateOrigin& origin) {
  TensorFile file;
  file.metadata = {{"progress", progress_json(state.progress).dump()},
                   {"config", origin.config.dump()},
                   {"data_digest", origin.data_digest},
                   {"metrics_bytes", Json(origin.metrics_bytes).dump()}};
  const auto add = [&file](const char* name, std::span<const float> values) {
    file.add(name, {values.size()}, values);
  };
  add("parameters", state.parameters);
  add("first_moment", state.first_moment);
  add("second_moment", state.second_moment);
  add("best_parameters", state.best_parameters);
  write_sealed(path, kStateFormat, std::move(file));
}

StoredState load_train_state(const std::filesystem::path& path, std::size_t size) {
  const TensorFile file = read_sealed(path, kStateFormat);
  StoredState state;
  const auto read = [&file, size](const char* name) {
    const std::vector<float> values = file.values<float>(name, std::array{size});
    return ParameterBuffer(values.begin(), values.end());
  };
  state.parameters = read("parameters");
  state.first_moment = read("first_moment");
  state.second_moment = read("second_moment");
  state.best_parameters = read("best_parameters");
  state.origin.data_digest = file.metadata_value("data_digest");
  try {
    state.progress = progress_from(Json::parse(file.metadata_value("progress")));
    state.origin.config = Json::parse(file.metadata_value("config"));
    state.origin.metrics_bytes = Json::parse(file.metadata_value("metrics_bytes"));
  } catch (const Json::exception& error) {
    fail(ErrorKind::kData, "{}: the training state's metadata are not valid: {}", file.source,
         error.what());
  }
  return state;
}

}  // namespace spvae
