#include "options.h"

#include <fmt/ranges.h>

#include <utility>

#include "spvae/core/error.h"

namespace spvae::cli {
namespace {

std::string type_name(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kInteger:
      return "N";
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

// What CLI11 could not place: a flag that does not exist, or one word too many.
[[noreturn]] void fail_unexpected(const CLI::App& command, const std::string& word,
                                  const std::vector<FieldInfo>& fields) {
  const std::string see = fmt::format("see 'spvae {} --help'", command.get_name());
  if (word.rfind("--", 0) != 0) {
    fail(ErrorKind::kUsage, "unexpected argument '{}'; {}", word, see);
  }
  std::vector<FieldInfo> known = fields;
  for (const char* name : {"config", "json", "help"}) {
    known.push_back({.name = name, .help = "", .type = FieldType::kText, .choices = {}});
  }
  try {
    canonical_keys(Json{{word.substr(2, word.find('=') - 2), ""}}, known);
  } catch (const Error& error) {
    fail(ErrorKind::kUsage, "{} ({})", error.what(), see);
  }
  fail(ErrorKind::kUsage, "unexpected '{}'; {}", word, see);
}

}  // namespace

Options::Options(CLI::App& command, std::vector<FieldInfo> fields, const DefaultText& default_text,
                 const std::string& positional, std::vector<FieldInfo> file_fields)
    : command_(command),
      fields_(std::move(fields)),
      file_fields_(file_fields.empty() ? fields_ : std::move(file_fields)),
      positional_(positional) {
  command_.allow_extras();  // reported by given(), which knows the flags' names
  for (const FieldInfo& field : fields_) add_flag(field, default_text(field.name));
  command_
      .add_option("--config", config_file_,
                  "JSON file with the same names as the flags, which override it")
      ->type_name("FILE.json");
  command_.add_flag("--json", json_, "Print the result as one JSON object");
}

void Options::add_flag(const FieldInfo& field, const std::string& default_text) {
  std::string help = field.help;
  if (!default_text.empty()) help += fmt::format(" (default {})", default_text);
  std::string& text = texts_[field.name];
  if (field.type == FieldType::kBoolean) {
    flags_[field.name] =
        command_.add_flag_callback("--" + field.name, [&text] { text = "true"; }, help);
    return;
  }
  const bool is_positional = field.name == positional_;
  const std::string name = is_positional ? field.name : "--" + field.name;
  CLI::Option* flag = command_.add_option(name, text, help);
  flag->type_name(is_positional ? "" : type_name(field));
  flags_[field.name] = flag;
}

Json Options::given() const {
  for (const std::string& word : command_.remaining()) fail_unexpected(command_, word, fields_);
  Json values = Json::object();
  if (!config_file_.empty()) values = read_config_file(config_file_, file_fields_);
  for (const FieldInfo& field : fields_) {
    if (flags_.at(field.name)->count() > 0) {
      values[field.name] = parse_field(field, texts_.at(field.name));
    }
  }
  return values;
}

}  // namespace spvae::cli
