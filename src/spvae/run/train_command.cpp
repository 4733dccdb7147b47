#include "spvae/run/train_command.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <optional>

#include "spvae/model/model_kinds.h"

namespace spvae {
namespace {

/// In single quotes, unless it is a plain word.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./,:+=@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted += "'\\''" : quoted += c;
  return quoted + "'";
}

/// What of `config` differs from the values of a run that is told `given`.
Json differences(const RunConfig& config, const Json& given) {
  RunConfig defaults = run_config(given);
  set_image_size(config.model.height, config.model.width, defaults.model);
  const RunConfig nothing = default_run_config(model_kinds().front());
  Json flags = Json::object();
  if (given.at("recipe") != recipe_names().back()) flags["recipe"] = given.at("recipe");
  for (const Field<RunConfig>& field : run_fields()) {
    // These say which defaults the others have.
    const std::string& name = field.info.name;
    const bool is_choice = name == "data" || name == "vectors" || given.contains(name);
    const Json value = field.get(config);
    if (!is_used(field, config) || name == "recipe") continue;
    // Those of the model are not said beside it.
    const bool is_of_model = name == "structure" || name == "network";
    if (is_of_model && !is_written(field, config)) continue;
    if (value == field.get(is_choice ? nothing : defaults)) continue;
    flags[name] = value;
  }
  return flags;
}

/// Whether `spvae train` with those flags has the config.
bool says(Json flags, const RunConfig& config) {
  if (!flags.contains("recipe")) flags["recipe"] = recipe_names().back();
  RunConfig told = run_config(flags);
  set_image_size(config.model.height, config.model.width, told.model);
  const auto used = [&config](const RunConfig& of) {
    Json values = Json::object();
    for (const Field<RunConfig>& field : run_fields()) {
      if (is_used(field, config)) values[field.info.name] = field.get(of);
    }
    values.erase("recipe");
    return values;
  };
  return used(told) == used(config);
}

}  // namespace

Json train_flags(const RunConfig& config) {
  const ModelKind kind = model_kind(config.model);
  const Json data = {{"data", config.data}, {"vectors", config.vectors}};
  const Json structure = {{"model", std::string(kind.name)},
                          {"structure", std::string(structure_info(kind.structure).name)}};
  // Of the commands that say the same, the shortest.
  std::optional<Json> shortest;
  for (const std::string& recipe : recipe_names()) {
    for (const Json& told : {structure, Json::object()}) {
      Json given = data;
      given.update(told);
      given["recipe"] = recipe;
      Json flags = differences(config, given);
      if (says(flags, config) && (!shortest || flags.size() < shortest->size())) {
        shortest = std::move(flags);
      }
    }
  }
  assert(shortest);  // the paper's recipe names every difference
  return *shortest;
}

std::string flag_words(const Json& flags) {
  std::string words;
  for (const auto& [name, value] : flags.items()) {
    const std::string text = flag_text(value);
    if (!text.empty()) words += " --" + name + " " + shell_word(text);
  }
  return words;
}

std::string train_command(const RunConfig& config, const std::string& out) {
  return "spvae train" + flag_words(train_flags(config)) + flag_words({{"out", out}});
}

}  // namespace spvae
