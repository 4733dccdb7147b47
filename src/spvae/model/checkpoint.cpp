#include "spvae/model/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "spvae/core/error.h"
#include "spvae/model/finite.h"
#include "spvae/model/model_fields.h"
#include "spvae/model/model_kinds.h"
#include "spvae/model/sealed_file.h"
#include "spvae/structure/graph_file.h"

namespace spvae {
namespace {

const FileFormat kModelFormat = {"spvae-model", "5", "model file", {"2", "3", "4"}};

/// Whether files of this version had the field; models of those that had not were as its default
/// says.
bool has_field(const std::string& version, const std::string& field) {
  if (field == "max-precision") return version != "2";
  if (field == "channels") return version != "2" && version != "3";
  if (field == "product" || field == "sum-scale") return version == kModelFormat.version;
  return true;
}

/// The numbers among a model's metadata.
const FieldList<ModelOrigin>& origin_fields() {
  constexpr double kLargest = std::numeric_limits<double>::max();
  static const FieldList<ModelOrigin> list = {
      number_field("step", &ModelOrigin::step, "training steps behind the parameters", 0, 1e15),
      number_field("validation_bound", &ModelOrigin::validation_bound, "nats per image", -kLargest,
                   kLargest),
      number_field("seed", &ModelOrigin::seed, "the run's seed", 0,
                   std::numeric_limits<std::uint32_t>::max()),
  };
  return list;
}

ModelConfig read_config(const TensorFile& file) {
  const Json values = file.metadata_json("config");
  try {
    const std::string version = file.metadata_value("format_version");
    ModelConfig config;
    apply_config(model_fields(), values, config);
    for (const Field<ModelConfig>& field : model_fields()) {
      const std::string& name = field.info.name;
      if (!values.contains(name) && has_field(version, name) && is_written(field, config)) {
        fail(ErrorKind::kData, "'{}' is missing", name);
      }
    }
    return config;
  } catch (const Error& error) {
    fail(ErrorKind::kData, "{}: the model file's config is not valid: {}", file.source,
         error.what());
  }
}

/// [[first, count], …] of the runs of marked pixels.
Json pixel_runs_json(std::span<const std::uint8_t> marked) {
  Json runs = Json::array();
  for (auto first = marked.begin(); (first = std::find(first, marked.end(), 1)) != marked.end();) {
    const auto last = std::find(first, marked.end(), 0);
    runs.push_back({first - marked.begin(), last - first});
    first = last;
  }
  return runs;
}

std::vector<std::uint8_t> unseen_pixels_of(const TensorFile& file, const ModelConfig& config) {
  if (!file.metadata.contains("unseen")) return {};
  const auto pixels =
      static_cast<std::size_t>(config.height) * static_cast<std::size_t>(config.width);
  std::vector<std::uint8_t> marked(pixels);
  const Json runs = file.metadata_json("unseen");
  const auto is_valid = [pixels](const Json& run) {
    if (!run.is_array() || run.size() != 2) return false;
    if (!run[0].is_number_unsigned() || !run[1].is_number_unsigned()) return false;
    return run[0].get<std::size_t>() <= pixels &&
           run[1].get<std::size_t>() <= pixels - run[0].get<std::size_t>();
  };
  if (!runs.is_array() || !std::ranges::all_of(runs, is_valid)) {
    fail(ErrorKind::kData,
         "{}: the model file's metadata are not valid: unseen: expected a list of [first, count] "
         "within the image's {} pixels",
         file.source, pixels);
  }
  for (const Json& run : runs) {
    std::fill_n(marked.begin() + run[0].get<std::ptrdiff_t>(), run[1].get<std::size_t>(),
                std::uint8_t{1});
  }
  return marked;
}

std::vector<int> unused_leaves_of(const TensorFile& file) {
  if (!file.metadata.contains("unused_leaves")) return {};
  const Json counts = file.metadata_json("unused_leaves");
  std::vector<int> unused;
  for (const Json& count : counts) {
    constexpr int kMost = 1 << 20;
    if (!counts.is_array() || !count.is_number_unsigned() || count.get<std::uint64_t>() > kMost) {
      fail(ErrorKind::kData,
           "{}: the model file's metadata are not valid: unused_leaves: expected a list of counts",
           file.source);
    }
    unused.push_back(count.get<int>());
  }
  return unused;
}

ModelOrigin read_origin(const TensorFile& file, const ModelConfig& config) {
  ModelOrigin origin;
  origin.data = file.metadata_value("data");
  origin.data_digest = file.metadata_value("data_digest");
  origin.training = file.metadata_json("training");
  for (const Field<ModelOrigin>& field : origin_fields()) {
    const Json value = file.metadata_json(field.info.name);
    try {
      field.set(origin, value);
    } catch (const Error& error) {
      fail(ErrorKind::kData, "{}: the model file's metadata are not valid: {}", file.source,
           error.what());
    }
  }
  origin.unseen = unseen_pixels_of(file, config);
  origin.unused = unused_leaves_of(file);
  return origin;
}

void read_parameters(const TensorFile& file, Spvae& model) {
  const std::vector<Tensor>& expected = model.layout().tensors();
  for (const TensorRecord& tensor : file.tensors) {
    const bool known = std::any_of(expected.begin(), expected.end(),
                                   [&tensor](const Tensor& t) { return t.name == tensor.name; });
    if (!known) {
      fail(ErrorKind::kData, "{}: tensor '{}' is not part of the model that its config describes",
           file.source, shown_text(tensor.name));
    }
  }
  for (const Tensor& tensor : expected) {
    const std::vector<float> values = file.values<float>(tensor.name, tensor.shape);
    if (!all_finite(values)) {
      fail(ErrorKind::kData, "{}: tensor '{}' holds a value that is not finite", file.source,
           tensor.name);
    }
    std::copy(values.begin(), values.end(),
              model.parameters().begin() + static_cast<std::ptrdiff_t>(tensor.offset));
  }
}

std::shared_ptr<const RegionGraph> read_graph(const TensorFile& file, const ModelConfig& config) {
  const Json json = file.metadata_json("graph");
  try {
    return std::make_shared<const RegionGraph>(
        region_graph_of(json, config.height * config.width * config.channels, config.channels));
  } catch (const Error& error) {
    fail(ErrorKind::kData, "{}: the model file's graph is not valid: {}", file.source,
         error.what());
  }
}

Json columns_json(const Columns& columns) {
  Json json = {{"names", columns.names}};
  if (columns.are_scaled()) {
    json["mean"] = columns.mean;
    json["deviation"] = columns.deviation;
  }
  return json;
}

/// Those of files of vectors; of others none.
Columns read_columns(const TensorFile& file, const ModelConfig& config) {
  Columns columns;
  if (!file.metadata.contains("columns")) return columns;
  const Json json = file.metadata_json("columns");
  const auto are = [&](const char* key, bool (Json::*is)() const noexcept) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    return found != json.end() && found->is_array() &&
           found->size() == static_cast<std::size_t>(config.width) &&
           std::ranges::all_of(*found, [is](const Json& entry) { return (entry.*is)(); });
  };
  const bool is_scaled = json.is_object() && json.contains("mean");
  bool is_valid = config.height == 1 && config.channels == 1 && are("names", &Json::is_string);
  if (is_valid && is_scaled) {
    is_valid = are("mean", &Json::is_number) && are("deviation", &Json::is_number);
  }
  if (is_valid) columns.names = json["names"].get<std::vector<std::string>>();
  if (is_valid && is_scaled) {
    columns.mean = json["mean"].get<std::vector<double>>();
    columns.deviation = json["deviation"].get<std::vector<double>>();
    is_valid =
        std::ranges::all_of(columns.mean, [](double x) { return std::isfinite(x); }) &&
        std::ranges::all_of(columns.deviation, [](double x) { return std::isfinite(x) && x > 0; });
  }
  if (is_valid) return columns;
  fail(ErrorKind::kData,
       "{}: the model file's metadata are not valid: columns: expected names for each of {} "
       "columns, "
       "and finite means and deviations above 0 or none",
       file.source, config.width);
}

Spvae make_model(const TensorFile& file) {
  ModelConfig config = read_config(file);
  config.columns = read_columns(file, config);
  if (names_structure(config)) config.graph = read_graph(file, config);
  try {
    return Spvae(config);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    fail(ErrorKind::kData, "{}: the model file's config is not valid: {}", file.source,
         error.what());
  }
}

}  // namespace

void save_model(const std::filesystem::path& path, const Spvae& model,
                std::span<const float> parameters, const ModelOrigin& origin) {
  TensorFile file;
  file.metadata = {
      {"config", config_json(model_fields(), model.config()).dump()},
      {"data", origin.data},
      {"data_digest", origin.data_digest},
      {"step", Json(origin.step).dump()},
      {"validation_bound", Json(origin.validation_bound).dump()},
      {"seed", Json(origin.seed).dump()},
      {"training", origin.training.dump()},
  };
  if (names_structure(model.config())) {
    file.metadata["graph"] = region_graph_json(model.graph(), model.config().channels).dump();
  }
  if (!model.config().columns.are_none()) {
    file.metadata["columns"] = columns_json(model.config().columns).dump();
  }
  if (!origin.unused.empty()) file.metadata["unused_leaves"] = Json(origin.unused).dump();
  if (!origin.unseen.empty()) file.metadata["unseen"] = pixel_runs_json(origin.unseen).dump();
  for (const Tensor& tensor : model.layout().tensors()) {
    file.add(tensor.name, tensor.shape, parameters.subspan(tensor.offset, tensor.size));
  }
  write_sealed(path, kModelFormat, std::move(file));
}

StoredModel load_model(const std::filesystem::path& path) {
  const TensorFile file = read_sealed(path, kModelFormat);
  Spvae model = make_model(file);
  ModelOrigin origin = read_origin(file, model.config());
  StoredModel stored{std::move(model), std::move(origin)};
  read_parameters(file, stored.model);
  return stored;
}

}  // namespace spvae
