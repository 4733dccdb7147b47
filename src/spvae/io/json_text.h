#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace spvae {

/// Its objects keep the order of their keys.
using Json = nlohmann::ordered_json;

/// What keeps a text from being JSON that this library takes, in plain words.
struct JsonFault {
  std::string what;      ///< "not valid JSON", "'k' is given twice"
  std::size_t byte = 0;  ///< where it shows, counted from 1; 0 where `what` says enough
};

struct ParsedJson {
  Json value;  ///< null where there is a fault
  std::optional<JsonFault> fault;
};

/// The one reader of JSON, safe on any text. Faults: a syntax error, arrays and objects within more
/// than 64 others, an object of more than 10,000 keys or of two that are the same (nothing would be
/// left of the first), and a number beyond the range of a double.
ParsedJson parse_json(std::string_view text);

/// The fault for a reader with an editor: "not valid JSON at line 1, column 2".
std::string fault_text(const JsonFault& fault, std::string_view text);

/// Whether a text may stand in JSON.
bool is_utf8(const std::string& text);

/// A value for a message: the first 60 bytes of its JSON, valid UTF-8 without control characters.
std::string shown_json(const Json& value);

/// The same for a text, without quotation marks around it.
std::string shown_text(std::string_view text);

}  // namespace spvae
