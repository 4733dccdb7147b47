#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/io/json_text.h"

namespace spvae {

enum class FieldType { kInteger, kIntegerPair, kReal, kText, kChoice, kBoolean };

/// What flags, help and messages need to know of one field of a config struct.
struct FieldInfo {
  std::string name;  ///< as the flag without its dashes, and as the key in JSON: "k-sum"
  std::string help;  ///< what it is, with its unit
  FieldType type = FieldType::kText;
  double minimum = 0;  ///< of numbers, inclusive
  double maximum = 0;
  std::vector<std::string> choices = {};  ///< of kChoice; the position is the enumerator's value
  bool changes_result = true;             ///< false for what alters speed alone, such as threads
  std::string only_for = {};              ///< names of what makes use of it; empty: everything does
  std::string shown_default = {};         ///< as help has it; empty: none
  std::vector<std::string> endings = {};  ///< of the name of a file that is written; else none
  bool is_required = false;
};

/// Checks `value` and returns it; throw Error(kUsage) with got and expected, naming `info`.
std::int64_t integer_of(const FieldInfo& info, const Json& value);
std::array<std::int64_t, 2> integer_pair_of(const FieldInfo& info, const Json& value);
double real_of(const FieldInfo& info, const Json& value);
std::string text_of(const FieldInfo& info, const Json& value);
int choice_of(const FieldInfo& info, const Json& value);
bool boolean_of(const FieldInfo& info, const Json& value);

/// The JSON value that a flag's text stands for ("128" → 128, "4,8" → [4, 8]); Error(kUsage) if it
/// stands for none. Bounds and choices are checked too.
Json parse_field(const FieldInfo& info, std::string_view text);
/// A field's value as its flag takes it: the inverse of parse_field.
std::string flag_text(const Json& value);

/// One field of a plain config struct: what it is called, and how it is read and written.
template <class Config>
struct Field {
  FieldInfo info;
  std::function<Json(const Config&)> get;
  std::function<void(Config&, const Json&)> set;  ///< throws as the …_of functions do
  /// Whether a config makes use of the field; empty: every config does.
  std::function<bool(const Config&)> used = {};
  /// Whether the JSON of a config names the field; empty: always. Without it, its default holds.
  std::function<bool(const Config&)> written = {};
};

template <class Config>
bool is_used(const Field<Config>& field, const Config& config) {
  return !field.used || field.used(config);
}

template <class Config>
bool is_written(const Field<Config>& field, const Config& config) {
  return !field.written || field.written(config);
}

/// The one list of a struct's fields: it drives flags, help, config file and checkpoint header.
template <class Config>
using FieldList = std::vector<Field<Config>>;

/// A field that `read`, one of the functions above, takes from JSON.
template <class Config, class Value, class Read>
Field<Config> member_field(const FieldInfo& info, Value Config::* member, Read read) {
  return {info, [member](const Config& config) -> Json { return config.*member; },
          [member, info, read](Config& config, const Json& value) {
            config.*member = static_cast<Value>(read(info, value));
          }};
}

/// A number within [minimum, maximum].
template <class Config, class Number>
  requires std::is_arithmetic_v<Number>
Field<Config> number_field(std::string name, Number Config::* member, std::string help,
                           double minimum, double maximum) {
  constexpr bool kIsReal = std::is_floating_point_v<Number>;
  const FieldInfo info{.name = std::move(name),
                       .help = std::move(help),
                       .type = kIsReal ? FieldType::kReal : FieldType::kInteger,
                       .minimum = minimum,
                       .maximum = maximum};
  if constexpr (kIsReal) {
    return member_field(info, member, real_of);
  } else {
    return member_field(info, member, integer_of);
  }
}

/// Two numbers within [minimum, maximum]; Pair is a struct of `first` and `second`.
template <class Config, class Pair>
Field<Config> pair_field(const std::string& name, Pair Config::* member, const std::string& help,
                         double minimum, double maximum) {
  FieldInfo info{.name = name,
                 .help = help,
                 .type = FieldType::kIntegerPair,
                 .minimum = minimum,
                 .maximum = maximum};
  return {info,
          [member](const Config& config) -> Json {
            return Json::array({(config.*member).first, (config.*member).second});
          },
          [member, info](Config& config, const Json& value) {
            const auto [first, second] = integer_pair_of(info, value);
            using Number = decltype(Pair::first);
            config.*member = {static_cast<Number>(first), static_cast<Number>(second)};
          }};
}

/// A text of any content, such as a path.
template <class Config>
Field<Config> text_field(const std::string& name, std::string Config::* member,
                         const std::string& help) {
  return member_field({.name = name, .help = help}, member, text_of);
}

/// The same, where an empty text stands for none.
template <class Config>
Field<Config> optional_text_field(const std::string& name, std::string Config::* member,
                                  const std::string& help) {
  return member_field({.name = name, .help = help}, member,
                      [](const FieldInfo& info, const Json& value) {
                        const bool is_none = value == Json(std::string());
                        return is_none ? std::string() : text_of(info, value);
                      });
}

/// True or false; as a flag without a value, true.
template <class Config>
Field<Config> boolean_field(const std::string& name, bool Config::* member,
                            const std::string& help) {
  return member_field({.name = name, .help = help, .type = FieldType::kBoolean}, member,
                      boolean_of);
}

/// One of named values: choices[i] is the enumerator of value i.
template <class Config, class Enum>
  requires std::is_enum_v<Enum>
Field<Config> choice_field(std::string name, Enum Config::* member, std::string help,
                           std::vector<std::string> choices) {
  const FieldInfo info{.name = std::move(name),
                       .help = std::move(help),
                       .type = FieldType::kChoice,
                       .choices = std::move(choices)};
  Field<Config> field = member_field(info, member, choice_of);
  field.get = [member, info](const Config& config) -> Json {
    return info.choices.at(static_cast<std::size_t>(config.*member));
  };
  return field;
}

/// The same field, marked as one that does not change a result.
template <class Config>
Field<Config> without_effect(Field<Config> field) {
  field.info.changes_result = false;
  return field;
}

/// The same field, of which only those configs make use that `used` holds for; `whom` names them
/// in help and messages.
template <class Config>
Field<Config> only_for(const std::string& whom, std::function<bool(const Config&)> used,
                       Field<Config> field) {
  field.info.help += " (" + whom + ")";
  field.info.only_for = whom;
  field.used = std::move(used);
  return field;
}

/// The same field, which must be given.
template <class Config>
Field<Config> required(Field<Config> field) {
  field.info.is_required = true;
  return field;
}

/// The same field, whose default help shows as `text`.
template <class Config>
Field<Config> shown_as(std::string text, Field<Config> field) {
  field.info.shown_default = std::move(text);
  return field;
}

/// The name of a file to be written, with one of `endings`.
template <class Config>
Field<Config> output_field(const std::string& name, std::string Config::* member,
                           const std::string& help, std::vector<std::string> endings) {
  Field<Config> field = text_field(name, member, help);
  field.info.endings = std::move(endings);
  return field;
}

/// Two lists as one.
template <class Config>
FieldList<Config> with_fields(FieldList<Config> list, FieldList<Config> more) {
  std::ranges::move(more, std::back_inserter(list));
  return list;
}

/// The fields of a part of Config, as fields of Config.
template <class Config, class Part>
FieldList<Config> fields_of(Part Config::* part, const FieldList<Part>& list) {
  FieldList<Config> lifted;
  for (const Field<Part>& field : list) {
    lifted.push_back(
        {field.info, [part, get = field.get](const Config& config) { return get(config.*part); },
         [part, set = field.set](Config& config, const Json& value) { set(config.*part, value); },
         [part, field](const Config& config) { return is_used(field, config.*part); },
         [part, field](const Config& config) { return is_written(field, config.*part); }});
  }
  return lifted;
}

/// What is known of each field, in order.
template <class Config>
std::vector<FieldInfo> field_infos(const FieldList<Config>& list) {
  std::vector<FieldInfo> infos;
  for (const Field<Config>& field : list) infos.push_back(field.info);
  return infos;
}

/// The same; of fields but booleans that do not say what help shows, the value in `defaults`.
template <class Config>
std::vector<FieldInfo> field_infos(const FieldList<Config>& list, const Config& defaults) {
  std::vector<FieldInfo> infos = field_infos(list);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!infos[i].shown_default.empty() || infos[i].type == FieldType::kBoolean) continue;
    infos[i].shown_default = flag_text(list[i].get(defaults));
  }
  return infos;
}

/// Throws what check_used does for one field.
[[noreturn]] void fail_unused(const FieldInfo& info, const Json& value);

/// The object whose keys are spelt as the fields are (`_` in a key stands for `-`). Error(kUsage)
/// when `given` is no object, or names an unknown key: says the nearest, or all known ones.
Json canonical_keys(const Json& given, std::span<const FieldInfo> known);

/// The JSON of a file. Errors as read_file; of kind `invalid`, naming the file, for what
/// parse_json finds.
Json read_json(const std::string& path, ErrorKind invalid);

/// A JSON object from a file, its keys canonical. Errors as read_file; kUsage for what parse_json
/// finds, and as canonical_keys.
Json read_config_file(const std::string& path, std::span<const FieldInfo> known);

/// Sets the fields that `given` names; the others keep their values. Errors as canonical_keys and
/// the fields' own.
template <class Config>
void apply_config(const FieldList<Config>& list, const Json& given, Config& config) {
  const Json values = canonical_keys(given, field_infos(list));
  for (const Field<Config>& field : list) {
    if (auto found = values.find(field.info.name); found != values.end()) {
      field.set(config, *found);
    }
  }
}

/// Error(kUsage) when `given` names a field that `config` makes no use of: whoever asks for it is
/// mistaken about its effect.
template <class Config>
void check_used(const FieldList<Config>& list, const Config& config, const Json& given) {
  for (const Field<Config>& field : list) {
    const auto found = given.find(field.info.name);
    if (found != given.end() && !is_used(field, config)) fail_unused(field.info, *found);
  }
}

/// All fields that are written, in the list's order.
template <class Config>
Json config_json(const FieldList<Config>& list, const Config& config) {
  Json values = Json::object();
  for (const Field<Config>& field : list) {
    if (is_written(field, config)) values[field.info.name] = field.get(config);
  }
  return values;
}

}  // namespace spvae
