#include "spvae/io/csv.h"

namespace spvae {

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& text : fields) {
    if (&text != fields.data()) line += ',';
    const bool is_plain = text.find_first_of(",\"\r\n") == std::string::npos;
    if (!is_plain) line += '"';
    for (const char letter : text) line.append(letter == '"' ? 2 : 1, letter);
    if (!is_plain) line += '"';
  }
  return line + "\n";
}

}  // namespace spvae
