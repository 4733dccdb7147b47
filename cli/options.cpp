#include "options.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "output.h"
#include "spvae/core/error.h"
#include "spvae/run/class_runs.h"

namespace spvae::cli {
namespace {

std::string type_name(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kInteger:
      return "N";
    case FieldType::kIntegerPair:
      return "N,N";
    case FieldType::kReal:
      return "X";
    case FieldType::kChoice:
      return fmt::format("{}", fmt::join(field.choices, "|"));
    case FieldType::kText:
    case FieldType::kBoolean:
      break;
  }
  return "TEXT";
}

FieldInfo config_field() {
  return {.name = "config",
          .help = "JSON file with the same names as the flags, which override it",
          .type = FieldType::kText};
}

FieldInfo json_field() {
  return {
      .name = "json", .help = "Print the result as one JSON object", .type = FieldType::kBoolean};
}

std::string see_help(const CLI::App& command) {
  return fmt::format("see 'spvae {} --help'", command.get_name());
}

// What CLI11 could not place: a flag that does not exist, or one word too many.
[[noreturn]] void fail_unexpected(const CLI::App& command, const std::string& word,
                                  const std::vector<FieldInfo>& fields) {
  const std::string see = see_help(command);
  if (word.rfind("--", 0) != 0) {
    fail(ErrorKind::kUsage, "unexpected argument '{}'; {}", word, see);
  }
  std::vector<FieldInfo> known = fields;
  for (const char* name : {"config", "json", "help"}) {
    known.push_back({.name = name, .help = "", .type = FieldType::kText});
  }
  try {
    canonical_keys(Json{{word.substr(2, word.find('=') - 2), ""}}, known);
  } catch (const Error& error) {
    fail(ErrorKind::kUsage, "{} ({})", error.what(), see);
  }
  fail(ErrorKind::kUsage, "unexpected '{}'; {}", word, see);
}

// What is written where a file's name is expected: "FILE.png".
std::string file_name(const std::string& ending) { return "FILE" + ending; }

std::string upper_case(std::string text) {
  for (char& letter : text) {
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return text;
}

}  // namespace

Options::Options(CLI::App& command, const std::string& example, std::vector<FieldInfo> fields,
                 std::vector<std::string> positionals, std::vector<FieldInfo> file_fields)
    : command_(command),
      fields_(std::move(fields)),
      file_fields_(file_fields.empty() ? fields_ : std::move(file_fields)),
      positionals_(std::move(positionals)) {
  command_.footer(example);
  command_.allow_extras();  // reported by given(), which knows the flags' names
  for (const FieldInfo& field : fields_) add_flag(field);
  add_flag(config_field())->type_name("FILE.json");
  add_flag(json_field());
}

bool Options::is_positional(const FieldInfo& field) const {
  return std::ranges::find(positionals_, field.name) != positionals_.end();
}

CLI::Option* Options::add_flag(const FieldInfo& field) {
  std::string help = field.help;
  if (field.is_required && !is_positional(field)) help += " (required)";
  if (!field.shown_default.empty()) help += fmt::format(" (default {})", field.shown_default);
  CLI::Option*& flag = flags_[field.name];
  if (is_positional(field)) {
    flag = command_.add_option(field.name, CLI::callback_t{}, help)->type_name("");
  } else if (field.type == FieldType::kBoolean) {
    flag = command_.add_flag("--" + field.name)->description(help);
  } else {
    // Without a value it gets an empty text: flag_value() says better than CLI11 what is missing.
    flag = command_.add_option("--" + field.name, CLI::callback_t{}, help)
               ->type_name(type_name(field))
               ->expected(0, 1);
  }
  return flag->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

std::optional<Json> Options::flag_value(const FieldInfo& field) const {
  const CLI::Option& flag = *flags_.at(field.name);
  const std::vector<std::string>& texts = flag.results();
  if (texts.empty()) return std::nullopt;
  if (texts.size() > 1) {
    fail(ErrorKind::kUsage, "{} is given twice; {}", flag.get_name(), see_help(command_));
  }
  if (texts.front().empty() && !is_positional(field)) {
    fail(ErrorKind::kUsage, "{} needs a value, {}; {}", flag.get_name(), flag.get_type_name(),
         see_help(command_));
  }
  return parse_field(field, texts.front());
}

Json Options::given() const {
  const Json given = flags();
  Json values = Json::object();
  if (const auto file = flag_value(config_field())) {
    values = read_config_file(file->get<std::string>(), file_fields_);
  }
  values.update(given);
  return values;
}

bool Options::has_file() const { return flag_value(config_field()).has_value(); }

Json Options::flags() const {
  for (const std::string& word : command_.remaining()) fail_unexpected(command_, word, fields_);
  flag_value(json_field());  // refused before the work, not when the result is printed
  Json values = Json::object();
  for (const FieldInfo& field : fields_) {
    if (const auto value = flag_value(field)) values[field.name] = *value;
  }
  return values;
}

void Options::check_given(const Json& values) const {
  const std::string name = command_.get_name();
  std::string usage = "spvae " + name;
  for (const std::string& positional : positionals_) usage += " " + upper_case(positional);
  for (const FieldInfo& field : fields_) {
    if (field.is_required && !is_positional(field)) {
      usage += fmt::format(" --{} {}", field.name, file_name(field.endings.front()));
    }
  }
  for (const FieldInfo& field : fields_) {
    const bool is_given = values.contains(field.name);
    if (is_given && !field.endings.empty()) {
      check_output(field.name, values.at(field.name).get<std::string>(), field.endings);
    }
    if (is_given || !field.is_required) continue;
    if (is_positional(field)) {
      fail(ErrorKind::kUsage, "{}: no {} given; say '{}'", name, field.name, usage);
    }
    std::vector<std::string> files = field.endings;
    for (std::string& file : files) file = file_name(file);
    fail(ErrorKind::kUsage, "{}: no --{} given; say --{} {}", name, field.name, field.name,
         fmt::join(files, " or "));
  }
}

void Options::print_result(const Json& result, const std::string& text) const {
  const auto is_json = flag_value(json_field());
  if (is_json && is_json->get<bool>()) return print_json(result);
  print(text);
}

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
