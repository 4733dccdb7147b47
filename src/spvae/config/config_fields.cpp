#include "spvae/config/config_fields.h"

#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>

#include "spvae/io/file.h"

namespace spvae {
namespace {

std::string joined(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// A value for a message.
std::string shown(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return fmt::format("'{}'", value.get<double>());  // JSON knows no such number
  }
  return shown_json(value);
}

/// Levenshtein's distance: the fewest insertions, deletions and replacements of a letter.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

[[noreturn]] void fail_unknown_key(const std::string& key, std::span<const FieldInfo> known) {
  std::vector<std::string> names;
  for (const FieldInfo& info : known) names.push_back(info.name);
  const auto nearest = std::min_element(names.begin(), names.end(),
                                        [&key](const std::string& a, const std::string& b) {
                                          return edit_distance(key, a) < edit_distance(key, b);
                                        });
  if (nearest != names.end() && edit_distance(key, *nearest) <= 2) {
    fail(ErrorKind::kUsage, "unknown option '{}'; did you mean '{}'?", shown_text(key), *nearest);
  }
  fail(ErrorKind::kUsage, "unknown option '{}'; known ones: {}", shown_text(key), joined(names));
}

void check_bounds(const FieldInfo& info, double number, const std::string& got) {
  // Written so that NaN fails too.
  if (!(number >= info.minimum && number <= info.maximum)) {
    fail(ErrorKind::kUsage, "{}: got {}, expected {} to {}", info.name, got, info.minimum,
         info.maximum);
  }
}

// `text` is all of what was given, or a part of it.
template <class Number>
Json parse_number(const FieldInfo& info, std::string_view text, std::string_view given,
                  std::string_view expected) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail(ErrorKind::kUsage, "{}: got '{}', expected {} from {} to {}", info.name, given, expected,
         info.minimum, info.maximum);
  }
  return number;
}

Json parse_pair(const FieldInfo& info, std::string_view text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view second = text.substr(std::min(comma + 1, text.size()));
  Json pair = Json::array();
  for (const std::string_view part : {text.substr(0, comma), second}) {
    pair.push_back(
        parse_number<std::int64_t>(info, part, text, "two whole numbers with a comma between,"));
  }
  return pair;
}

}  // namespace

std::int64_t integer_of(const FieldInfo& info, const Json& value) {
  if (!value.is_number_integer()) {
    fail(ErrorKind::kUsage, "{}: got {}, expected a whole number", info.name, shown(value));
  }
  check_bounds(info, value.get<double>(), shown(value));
  return value.get<std::int64_t>();
}

std::array<std::int64_t, 2> integer_pair_of(const FieldInfo& info, const Json& value) {
  if (!value.is_array() || value.size() != 2 || !value[0].is_number_integer() ||
      !value[1].is_number_integer()) {
    fail(ErrorKind::kUsage, "{}: got {}, expected two whole numbers", info.name, shown(value));
  }
  for (const Json& number : value) check_bounds(info, number.get<double>(), shown(value));
  return {value[0].get<std::int64_t>(), value[1].get<std::int64_t>()};
}

double real_of(const FieldInfo& info, const Json& value) {
  if (!value.is_number()) {
    fail(ErrorKind::kUsage, "{}: got {}, expected a number", info.name, shown(value));
  }
  check_bounds(info, value.get<double>(), shown(value));
  return value.get<double>();
}

std::string text_of(const FieldInfo& info, const Json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    fail(ErrorKind::kUsage, "{}: got {}, expected a text that is not empty", info.name,
         shown(value));
  }
  if (!is_utf8(value.get_ref<const std::string&>())) {
    fail(ErrorKind::kUsage, "{}: got {}, expected a text in UTF-8", info.name, shown(value));
  }
  return value.get<std::string>();
}

int choice_of(const FieldInfo& info, const Json& value) {
  const auto found = std::find(info.choices.begin(), info.choices.end(),
                               value.is_string() ? value.get<std::string>() : std::string());
  if (found == info.choices.end()) {
    fail(ErrorKind::kUsage, "{}: got {}, expected one of: {}", info.name, shown(value),
         joined(info.choices));
  }
  return static_cast<int>(found - info.choices.begin());
}

bool boolean_of(const FieldInfo& info, const Json& value) {
  if (!value.is_boolean()) {
    fail(ErrorKind::kUsage, "{}: got {}, expected true or false", info.name, shown(value));
  }
  return value.get<bool>();
}

Json parse_field(const FieldInfo& info, std::string_view text) {
  Json value = std::string(text);
  switch (info.type) {
    case FieldType::kInteger:
      value = parse_number<std::int64_t>(info, text, text, "a whole number");
      integer_of(info, value);
      break;
    case FieldType::kIntegerPair:
      value = parse_pair(info, text);
      integer_pair_of(info, value);
      break;
    case FieldType::kReal:
      value = parse_number<double>(info, text, text, "a number");
      real_of(info, value);
      break;
    case FieldType::kText:
      text_of(info, value);
      break;
    case FieldType::kChoice:
      choice_of(info, value);
      break;
    case FieldType::kBoolean:
      if (text == "true" || text == "false") value = text == "true";
      boolean_of(info, value);
      break;
  }
  return value;
}

std::string flag_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& part : value) text += (text.empty() ? "" : ",") + part.dump();
  return text;
}

void fail_unused(const FieldInfo& info, const Json& value) {
  fail(ErrorKind::kUsage, "{}: got {}, but it is for {} alone; leave it out, or choose accordingly",
       info.name, shown_text(flag_text(value)), info.only_for);
}

Json canonical_keys(const Json& given, std::span<const FieldInfo> known) {
  if (!given.is_object()) {
    fail(ErrorKind::kUsage, "configuration: got {}, expected a JSON object", shown(given));
  }
  Json values = Json::object();
  for (const auto& [key, value] : given.items()) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', '-');
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&name](const FieldInfo& info) { return info.name == name; });
    if (!is_known) fail_unknown_key(key, known);
    if (values.contains(name)) fail(ErrorKind::kUsage, "option '{}' is given twice", name);
    values[name] = value;
  }
  return values;
}

Json read_json(const std::string& path, ErrorKind invalid) {
  const std::string text = read_file(path);
  ParsedJson parsed = parse_json(text);
  if (parsed.fault) fail(invalid, "{}: {}", path, fault_text(*parsed.fault, text));
  return std::move(parsed.value);
}

Json read_config_file(const std::string& path, std::span<const FieldInfo> known) {
  const Json json = read_json(path, ErrorKind::kUsage);
  try {
    return canonical_keys(json, known);
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  }
}

}  // namespace spvae
