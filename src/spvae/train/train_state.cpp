#include "spvae/train/train_state.h"

#include <array>
#include <limits>

#include "spvae/core/error.h"
#include "spvae/model/sealed_file.h"

namespace spvae {
namespace {

const FileFormat kStateFormat = {"spvae-training-state", "2", "training state"};

constexpr const char* kBestBound = "best_bound";

// Numbers are written with as many digits as they need to be read back exactly.
const FieldList<Progress>& progress_fields() {
  constexpr double kMostSteps = 1e15;
  constexpr double kLargest = std::numeric_limits<double>::max();
  static const FieldList<Progress> list = {
      number_field("step", &Progress::step, "steps done", 0, kMostSteps),
      number_field("bound_sum", &Progress::bound_sum, "nats", -kLargest, kLargest),
      number_field("bound_count", &Progress::bound_count, "steps in the sum", 0, kMostSteps),
      number_field("best_step", &Progress::best_step, "0: no check yet", 0, kMostSteps),
      number_field("checks_without_best", &Progress::checks_without_best, "in a row", 0,
                   std::numeric_limits<int>::max()),
      number_field(kBestBound, &Progress::best_bound, "nats", -kLargest, kLargest),
  };
  return list;
}

/// There is no best bound before the first check.
bool is_stored(const Field<Progress>& field, const Progress& progress) {
  return field.info.name != kBestBound || progress.best_step > 0;
}

Json progress_json(const Progress& progress) {
  Json json = Json::object();
  for (const Field<Progress>& field : progress_fields()) {
    if (is_stored(field, progress)) json[field.info.name] = field.get(progress);
  }
  return json;
}

Progress progress_from(const Json& json) {
  Progress progress;
  for (const Field<Progress>& field : progress_fields()) {
    if (!is_stored(field, progress)) continue;
    const auto found = json.find(field.info.name);
    if (found == json.end()) fail(ErrorKind::kData, "'{}' is missing", field.info.name);
    field.set(progress, *found);
  }
  return progress;
}

std::uint64_t metrics_bytes_from(const Json& json) {
  if (!json.is_number_unsigned()) {
    fail(ErrorKind::kData, "metrics_bytes: got {}, expected a size", shown_json(json));
  }
  return json.get<std::uint64_t>();
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
  if (!state.average.empty()) add("average", state.average);
  write_sealed(path, kStateFormat, std::move(file));
}

StoredState load_train_state(const std::filesystem::path& path, std::size_t size,
                             bool has_average) {
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
  if (has_average) state.average = read("average");
  state.origin.data_digest = file.metadata_value("data_digest");
  state.origin.config = file.metadata_json("config");
  const Json progress = file.metadata_json("progress");
  const Json metrics_bytes = file.metadata_json("metrics_bytes");
  try {
    state.progress = progress_from(progress);
    state.origin.metrics_bytes = metrics_bytes_from(metrics_bytes);
  } catch (const Error& error) {
    fail(ErrorKind::kData, "{}: the training state's metadata are not valid: {}", file.source,
         error.what());
  }
  return state;
}

}  // namespace spvae
