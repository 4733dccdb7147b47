#include "spvae/io/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "spvae/core/error.h"
#include "spvae/io/byte_reader.h"
#include "spvae/io/json_text.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

/// All of it, or enough to hold the first line.
std::string read_text(const fs::path& path, bool is_whole) {
  ByteReader reader(path, "a CSV file");
  std::string text;
  for (bool goes_on = true; goes_on;) {
    constexpr std::size_t kBlock = 1 << 20;
    const std::size_t done = text.size();
    text.resize(done + kBlock);
    const std::size_t got = reader.read({reinterpret_cast<std::uint8_t*>(&text[done]), kBlock});
    text.resize(done + got);
    goes_on = got == kBlock && (is_whole || text.find('\n') == std::string::npos);
  }
  if (is_whole) reader.expect_end("its text");
  if (text.find('\0') != std::string::npos) {
    fail(ErrorKind::kData, "{}: got bytes that are no text in UTF-8, expected CSV; save it so",
         path.string());
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // which some editors put in front
  return text;
}

std::string_view without_blanks_around(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

/// Takes the first line off.
std::string_view next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return without_blanks_around(line);
}

/// Takes the first cell off, with its comma; `is_last` says whether there was none.
std::string_view next_cell(std::string_view& rest, bool& is_last) {
  const std::size_t comma = rest.find(',');
  is_last = comma == std::string_view::npos;
  const std::string_view cell = rest.substr(0, comma);
  rest.remove_prefix(is_last ? rest.size() : comma + 1);
  return without_blanks_around(cell);
}

/// NaN of a cell without a number; nothing of any other text.
std::optional<double> number_of(std::string_view cell) {
  if (cell.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (cell.front() == '+' && !cell.starts_with("+-")) cell.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (end != cell.data() + cell.size() || error == std::errc::invalid_argument) return std::nullopt;
  // Beyond doubles on either side: 0 or infinite.
  if (error != std::errc()) return std::strtod(std::string(cell).c_str(), nullptr);
  return number;
}

/// The name in front of `rest`, which is taken off with its comma; quoted ones may hold commas and,
/// twice, quotes.
std::string next_name(const std::string& file, std::string_view& rest, bool& is_last) {
  rest = without_blanks_around(rest);
  if (!rest.starts_with('"')) return std::string(next_cell(rest, is_last));
  std::string name;
  std::size_t at = 1;
  while (at < rest.size() && (rest[at] != '"' || rest.substr(at + 1).starts_with('"'))) {
    if (rest[at] == '"') ++at;
    name += rest[at++];
  }
  const bool is_closed = at < rest.size();
  rest = without_blanks_around(rest.substr(std::min(at + 1, rest.size())));
  is_last = rest.empty();
  if (!is_closed || (!is_last && rest.front() != ',')) {
    fail(ErrorKind::kData,
         "{}: line 1: got a quote that nothing closes, or text behind a quoted name, expected "
         "names with commas between them; mend the line",
         file);
  }
  if (!is_last) rest.remove_prefix(1);
  return name;
}

std::vector<std::string> names_of(const std::string& file, std::string_view line) {
  std::vector<std::string> names;
  bool are_numbers = true;
  std::string_view rest = line;
  for (bool is_last = false; !is_last;) {
    names.push_back(next_name(file, rest, is_last));
    are_numbers = are_numbers && number_of(names.back()).has_value();
  }
  if (are_numbers) {
    fail(ErrorKind::kData,
         "{}: line 1: got numbers alone, expected the columns' names; put a line of names in front",
         file);
  }
  check_column_names(file + ": line 1", names);
  return names;
}

/// The text's lines up to the last that is not empty. Error(kData) if there is none.
std::string_view lines_of(const std::string& file, std::string_view rest) {
  while (!rest.empty() && std::string_view(" \t\r\n").find(rest.back()) != std::string_view::npos) {
    rest.remove_suffix(1);
  }
  if (rest.empty()) {
    fail(ErrorKind::kData,
         "{}: is empty, expected a line of the columns' names and a line for each row", file);
  }
  return rest;
}

}  // namespace

void check_column_names(const std::string& place, const std::vector<std::string>& names) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!is_utf8(names[i])) {
      fail(ErrorKind::kData, "{}: column {} has a name that is no text in UTF-8; save it so", place,
           i + 1);
    }
    const auto [first, is_new] = places.emplace(names[i], i);
    if (!names[i].empty() && is_new) continue;
    fail(ErrorKind::kData, "{}: column {} {}, expected a name of its own; give it one", place,
         i + 1,
         names[i].empty()
             ? "has no name"
             : fmt::format("is called '{}' as column {} is", names[i], first->second + 1));
  }
}

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

CsvTable read_csv(const fs::path& path) {
  const std::string text = read_text(path, true);
  const std::string file = path.string();
  std::string_view rest = lines_of(file, text);
  CsvTable table{.columns = names_of(file, next_line(rest)), .values = {}};
  const std::size_t columns = table.columns.size();
  if (rest.empty()) {
    fail(ErrorKind::kData, "{}: got no row below the columns' names, expected at least one", file);
  }
  for (std::size_t number = 2; !rest.empty(); ++number) {
    std::string_view line = next_line(rest);
    std::size_t cells = 0;
    for (bool is_last = false; !is_last; ++cells) {
      const std::string_view cell = next_cell(line, is_last);
      if (cells >= columns) continue;
      const std::optional<double> value = number_of(cell);
      const auto as_float = static_cast<float>(value.value_or(0));
      if (!value || std::isinf(as_float)) {
        constexpr std::size_t kShown = 40;
        fail(ErrorKind::kData, "{}: line {}, column {}: got '{}', expected a finite number; {}",
             file, number, table.columns[cells], shown_text(cell.substr(0, kShown)),
             value ? "take the row out, or scale the column"
             : cell.find(';') != std::string_view::npos
                 ? "separate cells by commas"
                 : "give it as a number, or leave the column out");
      }
      table.values.push_back(as_float);
    }
    if (cells == columns) continue;
    fail(ErrorKind::kData,
         "{}: line {}: got {} cells, expected {}, as many as there are names; mend the line", file,
         number, cells, columns);
  }
  return table;
}

std::vector<std::string> read_csv_columns(const fs::path& path) {
  const std::string text = read_text(path, false);
  std::string_view rest = lines_of(path.string(), text);
  return names_of(path.string(), next_line(rest));
}

}  // namespace spvae
