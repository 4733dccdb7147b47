#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spvae {

/// What keeps a text from being JSON that this library takes, without any byte of the text that is
/// not plain.
struct JsonFault {
  std::string what;      ///< "not valid JSON", "'k' is given twice"
  std::size_t byte = 0;  ///< where it shows, counted from 1; 0 where `what` says enough
};

struct JsonCheck {
  std::vector<std::string> keys;  ///< of the outermost object, in the text's order
  std::optional<JsonFault> fault;
};

/// Checks a JSON text before it is parsed, which then cannot fail. Faults: a syntax error, an
/// object's key that stands twice (parsing would drop all but the last), and a number beyond the
/// range of a double.
JsonCheck check_json(std::string_view text);

/// The fault for a reader with an editor: "not valid JSON at line 1, column 2".
std::string fault_text(const JsonFault& fault, std::string_view text);

}  // namespace spvae
