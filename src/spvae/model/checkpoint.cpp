#include "spvae/model/checkpoint.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/model/finite.h"
#include "spvae/model/model_fields.h"
#include "spvae/model/sealed_file.h"

namespace spvae {
namespace {

const FileFormat kModelFormat = {"spvae-model", "4", "model file", {"2", "3"}};

/// Whether files of this version had the field; models of those that had not were as its default
/// says.
bool has_field(const std::string& version, const std::string& field) {
  if (field == "max-precision") return version != "2";
  if (field == "channels") return version != "2" && version != "3";
  return true;
}

ModelConfig read_config(const TensorFile& file) {
  try {
    const Json values = Json::parse(file.metadata_value("config"));
    const std::string version = file.metadata_value("format_version");
    for (const Field<ModelConfig>& field : model_fields()) {
      const std::string& name = field.info.name;
      if (!values.contains(name) && has_field(version, name)) {
        fail(ErrorKind::kData, "'{}' is missing", field.info.name);
      }
    }
    ModelConfig config;
    apply_config(model_fields(), values, config);
    return config;
  } catch (const std::exception& error) {
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

std::vector<std::uint8_t> pixels_of_runs(const Json& runs, const ModelConfig& config) {
  const auto pixels =
      static_cast<std::size_t>(config.height) * static_cast<std::size_t>(config.width);
  std::vector<std::uint8_t> marked(pixels);
  for (const Json& run : runs) {
    const auto first = run.at(0).get<std::size_t>();
    const auto count = run.at(1).get<std::size_t>();
    if (first > pixels || count > pixels - first) {
      fail(ErrorKind::kData, "'unseen' names pixels beyond the image's {}", pixels);
    }
    std::fill_n(marked.begin() + static_cast<std::ptrdiff_t>(first), count, std::uint8_t{1});
  }
  return marked;
}

ModelOrigin read_origin(const TensorFile& file, const ModelConfig& config) {
  ModelOrigin origin;
  origin.data = file.metadata_value("data");
  origin.data_digest = file.metadata_value("data_digest");
  try {
    origin.step = Json::parse(file.metadata_value("step")).get<std::int64_t>();
    origin.validation_bound = Json::parse(file.metadata_value("validation_bound")).get<double>();
    origin.seed = Json::parse(file.metadata_value("seed")).get<std::uint32_t>();
    origin.training = Json::parse(file.metadata_value("training"));
    if (file.metadata.contains("unseen")) {
      origin.unseen = pixels_of_runs(Json::parse(file.metadata_value("unseen")), config);
    }
  } catch (const std::exception& error) {
    fail(ErrorKind::kData, "{}: the model file's metadata are not valid: {}", file.source,
         error.what());
  }
  return origin;
}

void read_parameters(const TensorFile& file, Spvae& model) {
  const std::vector<Tensor>& expected = model.layout().tensors();
  for (const TensorRecord& tensor : file.tensors) {
    const bool known = std::any_of(expected.begin(), expected.end(),
                                   [&tensor](const Tensor& t) { return t.name == tensor.name; });
    if (!known) {
      fail(ErrorKind::kData, "{}: tensor '{}' is not part of the model that its config describes",
           file.source, tensor.name);
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

Spvae make_model(const TensorFile& file) {
  try {
    return Spvae(read_config(file));
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
