
#include <algorithm>
#include <numeric>

#include "options.h"
#include "output.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/data/data_set.h"
#include "spvae/io/atomic_file.h"
#include "spvae/model/model_fields.h"
#include "spvae/model/spvae.h"
#include "spvae/run/run_model.h"
#include "spvae/structure/graph_file.h"
#include "spvae/train/run_config.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample = R"(Examples:
  spvae info runs/mnist-spvae-gaussian
  spvae info --model vae --hidden 300 --latent 200 --likelihood binomial
  spvae info --model conv-vae --dense 128 --latent 150
  spvae info runs/mnist-spvae-gaussian --graph graph.json
  spvae info --hidden 32 --delta 8 --height 32 --width 32 --json)";

FieldInfo run_field() {
  return {.name = "run",
          .help = "Folder of a run, or a model file; without it, the flags describe the model",
          .type = FieldType::kText};
}

// Of a run, where its region graph is written; else where the model's is read.
FieldInfo graph_field() {
  const std::vector<FieldInfo> fields = run_field_infos(Recipe::kPaper);
  FieldInfo field = *std::ranges::find(fields, "graph", &FieldInfo::name);
  field.help += "; of a run, where its graph is written";
  return field;
}

bool is_of_images(const std::string& field) {
  return field == "height" || field == "width" || field == "channels";
}

// What a run's config.json may hold, and the form of the images, which there follows from the data.
std::vector<FieldInfo> file_fields() {
  std::vector<FieldInfo> fields = field_infos(run_fields());
  for (const Field<ModelConfig>& field : model_fields()) {
    if (is_of_images(field.info.name)) fields.push_back(field.info);
  }
  return fields;
}

std::vector<FieldInfo> flag_fields() {
  std::vector<FieldInfo> fields = {run_field()};
  fields.push_back(graph_field());
  const std::vector<FieldInfo> of_runs = run_field_infos(Recipe::kPaper);
  for (FieldInfo& field : field_infos(model_fields())) {
    const auto same = std::ranges::find(of_runs, field.name, &FieldInfo::name);
    field.shown_default = same != of_runs.end()      ? same->shown_default
                          : field.name == "channels" ? "1"
                                                     : "28, or that of --data";
    fields.push_back(field);
  }
  for (const FieldInfo& field : of_runs) {
    if (field.name == "recipe" || field.name == "data" || field.name == "data-dir" ||
        field.name == "vectors" || field.name == "seed" || field.name == "threads") {
      fields.push_back(field);
      if (field.name == "data") fields.back().shown_default.clear();
    }
  }
  return fields;
}

// The images' size as the data have it; one that is given too must be the same.
void take_size_of_data(const DataSet& data, const Json& given, ModelConfig& model) {
  for (const auto& [key, value] : {std::pair{"height", data.height()}, {"width", data.width()}}) {
    if (given.contains(key) && given.at(key) != value) {
      fail(ErrorKind::kUsage,
           "{}: got {}, but the images of {} are {}×{}; leave it out, or the data", key,
           given.at(key).dump(), data.name(), data.height(), data.width());
    }
  }
  if (model.channels > 1 && !data.has_colours()) {
    fail(ErrorKind::kUsage, "channels: got {}, but the images of {} are gray; leave it out",
         model.channels, data.name());
  }
  model.height = data.height();
  model.width = data.width();
}

ModelConfig described_model(const Json& given) {
  Json run = given;
  Json size = Json::object();
  for (const char* key : {"height", "width", "channels"}) {
    if (given.contains(key)) size[key] = given.at(key);
    run.erase(key);
  }
  const RunConfig config = run_config(run);
  ModelConfig model = config.model;
  apply_config(model_fields(), size, model);
  if (given.contains("data")) {
    ThreadPool pool(config.threads);
    const DataSet data(
        {.data = config.data, .data_dir = config.data_dir, .vectors = config.vectors}, &pool);
    take_size_of_data(data, size, model);
    model.columns.names = data.columns();
  }
  set_image_size(model.height, model.width, model);
  read_graph(model);
  return model;
}

Json counts(const Spvae& model) {
  Json result = Json::object();
  result["leaves"] = model.circuit().leaves();
  result["sum_nodes"] = model.circuit().sum_nodes();
  result["product_nodes"] = model.circuit().product_nodes();
  result["sum_weights"] = model.circuit().sum_weights();
  result["regions"] = model.graph().regions().size();
  result["partitions"] = model.graph().partitions().size();
  result["parameters"] = model.layout().size();
  result["encoder_parameters"] = model.leaves().encoder_parameters();
  return result;
}

// Of the model, what it makes use of.
std::string readable(const Json& result, const ModelConfig& model) {
  std::string text;
  for (const auto& [key, value] : result.items()) {
    if (value.is_object()) continue;
    text += fmt::format("{:<20}{}\n", key,
                        value.is_number_integer() ? count_text(value.get<long long>())
                        : value.is_string()       ? value.get<std::string>()
                                                  : value.dump());
  }
  text += '\n';
  for (const Field<ModelConfig>& field : model_fields()) {
    if (!is_used(field, model) || (is_of_images(field.info.name) && !model.columns.are_none())) {
      continue;
    }
    text += fmt::format("{:<20}{}\n", field.info.name, flag_text(field.get(model)));
  }
  return text;
}

void run_info(const Options& options) {
  Json given = options.given();
  Json result;
  ModelConfig model;
  if (given.contains("run")) {
    for (const char* without_effect : {"seed", "threads"}) given.erase(without_effect);
    const Json graph = taken_keys({graph_field()}, given);
    if (given.size() > 1) {
      fail(ErrorKind::kUsage,
           "info: got a run and a description of a model, expected one of them; leave out the run "
           "or the flags");
    }
    const std::string run = given.at("run");
    const StoredModel stored = load_run_model(run);
    result = counts(stored.model);
    result["run"] = run;
    result["steps"] = stored.origin.step;
    result["validation_bound"] = stored.origin.validation_bound;
    if (!stored.origin.unused.empty()) {
      result["unused_leaves"] =
          std::accumulate(stored.origin.unused.begin(), stored.origin.unused.end(), 0);
      result["unused_by_region"] = stored.origin.unused;
    }
    result["seed"] = stored.origin.seed;
    result["data"] = stored.origin.data;
    result["data_digest"] = stored.origin.data_digest;
    if (const Columns& columns = stored.model.config().columns; !columns.are_none()) {
      result["variables"] = columns.names.size();
      result["columns"] = columns.names;
      if (columns.are_scaled()) {
        result.update({{"means", columns.mean}, {"deviations", columns.deviation}});
      }
    }
    model = stored.model.config();
    if (!graph.empty()) {
      result["graph"] = graph.at("graph");
      const Json json = region_graph_json(stored.model.graph(), model.channels);
      write_file_atomically(graph.at("graph").get<std::string>(), json.dump() + "\n");
    }
  } else {
    model = described_model(given);
    check_used(model_choice_fields(), model, options.flags());
    result = counts(Spvae(model));
  }
  result["model"] = config_json(model_fields(), model);
  result["version"] = version();
  options.print_result(result, readable(result, model));
}

}  // namespace

Run add_info(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, flag_fields(),
                                           std::vector<std::string>{"run"}, file_fields());
  return [options] { run_info(*options); };
}

}  // namespace spvae::cli
