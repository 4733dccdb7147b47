#include "spvae/experiment/experiment.h"

#include <algorithm>
#include <cstdlib>

#include "spvae/core/error.h"
#include "spvae/data/find_files.h"
#include "spvae/io/file.h"
#include "spvae/model/spvae.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

const FieldList<TrialEvaluation>& evaluation_fields() {
  using Config = TrialEvaluation;
  static const FieldList<Config> list = {
      number_field("samples", &Config::samples, "importance samples", 2, 1e9),
      number_field("test-images", &Config::test_images, "test images; 0: all", 0, 1e9),
      number_field("training-images", &Config::training_images, "training images", 0, 1e9),
  };
  return list;
}

const FieldList<PaperFigure>& paper_fields() {
  using Config = PaperFigure;
  static const FieldList<Config> list = {
      number_field("log-likelihood", &Config::log_likelihood, "nats", -1e9, 1e9),
      number_field("parameters", &Config::parameters, "thousands", 0, 1e9),
  };
  return list;
}

const FieldList<Trial>& trial_fields() {
  static const FieldList<Trial> list = {
      text_field("name", &Trial::cell, "MODEL/DATA/LIKELIHOOD"),
      text_field("variant", &Trial::variant, "name of a variant"),
      number_field("height", &Trial::height, "pixels", 1, 4096),
      number_field("width", &Trial::width, "pixels", 1, 4096),
      number_field("minutes", &Trial::minutes, "wall time, a guess", 0, 1e6),
  };
  return list;
}

std::string text_at(const std::string& key, const Json& value) {
  if (!value.is_string()) fail(ErrorKind::kUsage, "{}: expected text, got {}", key, value.dump());
  return value.get<std::string>();
}

/// A cell's entry, taken apart: what is plain goes into a Trial, the rest is handled key by key.
class CellReader {
 public:
  CellReader(const Json& cell, const std::vector<Variant>& variants) : cell_(cell) {
    if (!cell.is_object()) fail(ErrorKind::kUsage, "a cell: expected an object");
    Json plain = cell;
    for (const char* key : {"config", "seeds", "vary", "evaluation", "paper"}) plain.erase(key);
    apply_config(trial_fields(), plain, trial_);
    if (trial_.cell.empty()) fail(ErrorKind::kUsage, "name: missing");
    if (trial_.height == 0 || trial_.width == 0) fail(ErrorKind::kUsage, "height, width: missing");
    if (!trial_.variant.empty() &&
        std::ranges::find(variants, trial_.variant, &Variant::name) == variants.end()) {
      fail(ErrorKind::kUsage, "variant: got '{}', expected one of the file's variants",
           trial_.variant);
    }
    if (cell.contains("config") && !cell.at("config").is_object()) {
      fail(ErrorKind::kUsage, "config: expected an object");
    }
    if (cell.contains("evaluation")) {
      apply_config(evaluation_fields(), cell.at("evaluation"), trial_.evaluation);
    }
    if (cell.contains("paper")) {
      apply_config(paper_fields(), cell.at("paper"), trial_.paper.emplace());
      for (const char* key : {"log-likelihood", "parameters"}) {
        if (!cell.at("paper").contains(key)) fail(ErrorKind::kUsage, "paper: {} is missing", key);
      }
    }
    // One image has no standard error.
    if (trial_.evaluation.test_images == 1) {
      fail(ErrorKind::kUsage, "test-images: got 1, expected 0 for all, or at least 2");
    }
    if (trial_.evaluation.training_images == 1) {
      fail(ErrorKind::kUsage, "training-images: got 1, expected 0 for none, or at least 2");
    }
  }

  /// A trial for each value and seed.
  void append_to(std::vector<Trial>& trials) const {
    if (!cell_.contains("vary")) return append_seeds(Json::object(), "", trials);
    const Json& vary = cell_.at("vary");
    if (!vary.is_object() || vary.size() != 1 || !vary.front().is_array() || vary.front().empty()) {
      fail(ErrorKind::kUsage, "vary: expected one key with a list of values");
    }
    if (vary.begin().key() == "seed") fail(ErrorKind::kUsage, "vary: seeds go into 'seeds'");
    for (const Json& value : vary.front()) {
      append_seeds({{vary.begin().key(), value}}, flag_text(value), trials);
    }
  }

 private:
  void append_seeds(const Json& varied, const std::string& value,
                    std::vector<Trial>& trials) const {
    const Json seeds = cell_.value("seeds", Json::array({0}));
    if (!seeds.is_array() || seeds.empty()) {
      fail(ErrorKind::kUsage, "seeds: expected a list of numbers");
    }
    int number = 0;
    for (const Json& seed : seeds) {
      Trial trial = trial_;
      trial.varied = value;
      trial.seed_number = number++;
      Json keys = cell_.value("config", Json::object());
      keys.update(varied);
      keys["seed"] = seed;
      trial.run = keys;  // refuses what no training would take
      check_used(run_fields(), trial.run.config, keys);
      check_name(trial.run.config);
      for (const Trial& other : trials) {
        if (other.stem() != trial.stem()) continue;
        fail(ErrorKind::kUsage, "there are two trials {} of seed {}", trial.name(), seed.dump());
      }
      trials.push_back(std::move(trial));
    }
  }

  /// Names drive the comparisons, so they must be true.
  void check_name(const RunConfig& config) const {
    const Json values = run_config_json(config);
    const std::string data = std::filesystem::path(config.data).filename().string();
    const std::string expected = values.at("model").get<std::string>() + "/" + data + "/" +
                                 values.at("likelihood").get<std::string>();
    if (trial_.cell == expected) return;
    fail(ErrorKind::kUsage, "name: got '{}', expected '{}' by its config", trial_.cell, expected);
  }

  const Json& cell_;
  Trial trial_;
};

}  // namespace

std::string Trial::name() const {
  return cell + (variant.empty() ? "" : "+" + variant) + (varied.empty() ? "" : "@" + varied);
}

std::string Trial::stem() const {
  std::string text = name() + "-seed" + std::to_string(run.config.train.seed);
  std::ranges::replace(text, '/', '-');
  return text;
}

Experiment read_experiment(const fs::path& path) {
  const Json json = read_json(path.string(), ErrorKind::kUsage);
  Experiment experiment;
  std::string where = "the file";
  try {
    if (!json.is_object()) fail(ErrorKind::kUsage, "expected an object");
    for (const auto& [key, value] : json.items()) {
      if (key == "title") {
        experiment.title = text_at(key, value);
      } else if (key == "notes") {
        if (!value.is_array()) fail(ErrorKind::kUsage, "notes: expected a list");
        for (const Json& note : value) experiment.notes.push_back(text_at(key, note));
      } else if (key == "variants") {
        if (!value.is_object()) fail(ErrorKind::kUsage, "variants: expected an object");
        for (const auto& [name, meaning] : value.items()) {
          experiment.variants.push_back({name, text_at(name, meaning)});
        }
      } else if (key == "cells") {
        if (!value.is_array()) fail(ErrorKind::kUsage, "cells: expected a list");
      } else {
        fail(ErrorKind::kUsage, "unknown key '{}'; known ones: title, notes, variants, cells", key);
      }
    }
    for (const Json& cell : json.value("cells", Json::array())) {
      if (cell.is_object() && cell.contains("name")) where = "cell " + cell.at("name").dump();
      CellReader(cell, experiment.variants).append_to(experiment.trials);
    }
    if (experiment.trials.empty()) fail(ErrorKind::kUsage, "cells: expected at least one");
  } catch (const Error& error) {
    fail(error.kind(), "{}: {}: {}", path.string(), where, error.what());
  }
  return experiment;
}

fs::path find_experiment(std::string_view name) {
  const std::string file = std::string(name) + ".json";
  std::vector<fs::path> folders;
  if (const char* chosen = std::getenv("SPVAE_EXPERIMENTS"); chosen != nullptr && *chosen != '\0') {
    folders.emplace_back(chosen);
  } else {
    for (const fs::path& data : data_folders()) {
      folders.push_back(data.parent_path() / "experiments");
    }
  }
  std::string places;
  for (const fs::path& folder : folders) {
    if (is_there(folder / file)) return folder / file;
    places += (places.empty() ? "" : ", ") + folder.string();
  }
  fail(ErrorKind::kNoInput,
       "experiment {}: no {} in any of: {}; set SPVAE_EXPERIMENTS to the folder that holds it",
       name, file, places);
}

ParameterCount count_parameters(const Trial& trial) {
  ModelConfig config = trial.run.config.model;
  set_image_size(trial.height, trial.width, config);
  read_graph(config);
  const Spvae model(config);
  return {.all = model.layout().size(), .encoders = model.leaves().encoder_parameters()};
}

}  // namespace spvae
