

#include "spvae/core/error.h"
#include "spvae/experiment/run_metrics.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/model_fields.h"
#include "spvae/pass/leaf_use.h"
#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/sections.h"
#include "spvae/run/run_folder.h"
#include "spvae/run/train_command.h"
#include "spvae/train/run_config.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

/// As the run's folder has it; where there is none, or it is damaged, as the model's file.
RunConfig config_of(const ReportSource& source) {
  const auto from_file = [&]() -> std::optional<Json> {
    try {
      return read_config_file((fs::path(run_folder(source.run)) / RunFolder::kConfigFile).string(),
                              field_infos(run_fields()));
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  RunConfig config = run_config(from_file().value_or(source.stored.origin.training));
  const ModelConfig& model = source.stored.model.config();
  set_image_size(model.height, model.width, config.model);
  return config;
}

Facts model_facts(const Spvae& model) {
  Facts facts;
  for (const Field<ModelConfig>& field : model_fields()) {
    if (!is_used(field, model.config())) continue;
    facts.emplace_back(field.info.name, flag_text(field.get(model.config())));
  }
  const Circuit& circuit = model.circuit();
  facts.emplace_back("Parameters", fmt::format("{}, of which {} only serve the estimate (encoders)",
                                               count_text(model.layout().size()),
                                               count_text(model.leaves().encoder_parameters())));
  facts.emplace_back("Leaves",
                     circuit.leaves() == 1
                         ? "one VAE over the whole image"
                         : fmt::format("{} VAEs over {} super-pixels", count_text(circuit.leaves()),
                                       count_text(model.graph().leaf_regions())));
  facts.emplace_back(
      "Circuit",
      circuit.sum_nodes() == 0
          ? "none: a model of a single region is its one leaf"
          : fmt::format("{} sums, {} products, {} weights", count_text(circuit.sum_nodes()),
                        count_text(circuit.product_nodes()), count_text(circuit.sum_weights())));
  return facts;
}

std::string split_name(Split split) {
  switch (split) {
    case Split::kTrain:
      return "training";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      break;
  }
  return "test";
}

Facts data_facts(const ReportSource& source) {
  const DataSet& data = source.data;
  const ModelOrigin& origin = source.stored.origin;
  Facts facts = {{"Data set", origin.data},
                 {"Digest (SHA-256)", origin.data_digest},
                 {"Images", fmt::format("{} × {} pixels in {}", data.height(), data.width(),
                                        data.channels() == 1 ? "gray" : "colour")}};
  const bool has_plane = data.columns().empty();
  if (!has_plane) facts.back() = {"Vectors", fmt::format("{} columns", data.columns().size())};
  const std::string shown = count_text(source.images.count());
  const bool is_own = data.digest() == origin.data_digest;
  if (data.is_whole()) {
    facts.emplace_back("Shown here",
                       fmt::format("the first {} of all images of {}{}", shown, data.name(),
                                   is_own ? ", training images among them"
                                          : fmt::format(", of digest {}", data.digest())));
  } else if (!is_own) {
    facts.emplace_back("Shown here",
                       fmt::format("the first {} {} images of {}, of digest {}", shown,
                                   split_name(source.split), data.name(), data.digest()));
  } else {
    facts.back().second += fmt::format(
        "; {} for training, {} for validation, {} for tests", count_text(data.count(Split::kTrain)),
        count_text(data.count(Split::kValidation)), count_text(data.count(Split::kTest)));
    facts.emplace_back("Shown here",
                       fmt::format("the first {} {} images", shown, split_name(source.split)));
  }
  if (!has_plane) {
    facts.emplace_back("Scaling", source.stored.model.config().columns.are_scaled()
                                      ? "of each column, inside the model"
                                      : "none");
    return facts;
  }
  facts.emplace_back("Scaling", data.stretch() == Stretch::kImage
                                    ? "of each image: its least pixel is 0, its greatest 1"
                                    : "none: raw pixels");
  if (const std::string how = origin.training.value("binarise", "none"); how != "none") {
    facts.emplace_back("Black and white", how == "sample" ? "drawn once, white as often as bright"
                                                          : "white from 128 of 255 on");
  }
  if (!is_discrete(source.stored.model.config().leaf.likelihood)) {
    facts.emplace_back("Noise on pixels", data.dequantize() == Dequantize::kOn
                                              ? "normal, of standard deviation 1/255"
                                              : "none");
  }
  return facts;
}

Facts training_facts(const ReportSource& source, const RunConfig& config) {
  const ModelOrigin& origin = source.stored.origin;
  Facts facts = {
      {"Best model", fmt::format("at step {}", count_text(origin.step))},
      {"Its validation bound", fmt::format("{} nats", decimal_text(origin.validation_bound, 2))},
      {"Seed", std::to_string(origin.seed)},
      {"Steps", fmt::format("of {} images, {} importance samples each",
                            count_text(config.train.batch), count_text(config.train.samples))}};
  const std::vector<Json> checks = training_log(source.run);
  if (!checks.empty()) {
    const auto steps = checks.back().at("step").get<std::int64_t>();
    facts.emplace_back("Trained", fmt::format("{} steps", count_text(steps)));
    if (const auto time = training_time(checks, steps)) {
      std::string text = time_text(time->seconds);
      if (time->processor_seconds > 0) {
        text += fmt::format(" ({} of all threads)", time_text(time->processor_seconds));
      }
      facts.emplace_back("Time", text);
    }
  }
  facts.emplace_back("This report's machine", machine_name());
  return facts;
}

}  // namespace

ReportSection overview_section(const ReportSource& source) {
  const RunConfig config = config_of(source);
  Html content;
  std::vector<std::string> warnings = {source.data.warning()};
  if (config.model.leaf.likelihood.gaussian.max_precision == 0) {
    warnings.push_back(source.data.noise_warning(source.data.load(Split::kTrain, source.pool)));
  }
  for (const std::string& warning : warnings) {
    if (!warning.empty()) content += warning_note(warning);
  }
  if (const std::string unused =
          unused_text({.leaves_of_region = source.stored.model.circuit().k_leaf(),
                       .unused = source.stored.origin.unused});
      !unused.empty()) {
    content += warning_note(unused + ".");
  }
  if (source.data.digest() != source.stored.origin.data_digest) {
    content += warning_note(fmt::format(
        "the images of this report are those of {}, not those that the model was trained on ({}).",
        source.data.name(), source.stored.origin.data));
  }
  content += html_element("h3", "Command") +
             paragraph(
                 "The same model is learnt again by this command; flags that are not there "
                 "have their defaults.") +
             command_line(train_command(config, source.run));
  content += html_element("h3", "Model") + fact_list(model_facts(source.stored.model));
  content += html_element("h3", "Data") + fact_list(data_facts(source));
  content += html_element("h3", "Training") + fact_list(training_facts(source, config));
  return {.id = "overview", .title = "What was learnt from what", .content = content};
}

}  // namespace spvae
