#include "spvae/run/train_command.h"

#include <algorithm>
#include <cctype>

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

}  // namespace

Json train_flags(const RunConfig& config) {
  const ModelKind kind = model_kind(config.model);
  RunConfig defaults = run_config({{"model", std::string(kind.name)},
                                   {"structure", std::string(structure_info(kind.structure).name)},
                                   {"data", config.data},
                                   {"vectors", config.vectors}});
  set_image_size(config.model.height, config.model.width, defaults.model);
  const RunConfig nothing = default_run_config(model_kinds().front());
  Json flags = Json::object();
  for (const Field<RunConfig>& field : run_fields()) {
    // These say which defaults the others have.
    const std::string& name = field.info.name;
    const bool is_choice =
        name == "model" || name == "structure" || name == "data" || name == "vectors";
    const Json value = field.get(config);
    if (!is_used(field, config) || !is_written(field, config)) continue;
    if (value == field.get(is_choice ? nothing : defaults)) continue;
    flags[name] = value;
  }
  return flags;
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
