#include "run_name.h"

#include <fmt/format.h>

#include <filesystem>

#include "spvae/train/class_runs.h"

namespace spvae::cli {
namespace {

// "mnist" or the last name of a path, without endings.
std::string data_name(const std::string& data) {
  std::filesystem::path path = std::filesystem::path(data).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().string();
  return name.substr(0, name.find('.', 1));
}

}  // namespace

std::string run_name(const RunConfig& config) {
  const Json values = run_config_json(config);
  const std::string structure =
      values.contains("structure") ? "-" + values.at("structure").get<std::string>() : "";
  return fmt::format("{}-{}{}-{}{}", data_name(config.data), values.at("model").get<std::string>(),
                     structure, values.at("likelihood").get<std::string>(),
                     config.class_name.empty() ? "" : "-" + class_folder(config.class_name));
}

Json taken_keys(const std::vector<FieldInfo>& fields, Json& given) {
  Json taken = Json::object();
  for (const FieldInfo& field : fields) {
    if (!given.contains(field.name)) continue;
    taken[field.name] = given.at(field.name);
    given.erase(field.name);
  }
  return taken;
}

}  // namespace spvae::cli
