#include "spvae/data/labels.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/data/find_files.h"
#include "spvae/io/byte_reader.h"
#include "spvae/io/file.h"
#include "spvae/io/idx.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& numbers) {
  std::vector<std::string> texts;
  texts.reserve(numbers.size());
  for (const T number : numbers) texts.push_back(std::to_string(number));
  return texts;
}

std::string advice_of_shape(const std::vector<std::size_t>& shape) {
  const auto longer = std::ranges::count_if(shape, [](std::size_t size) { return size > 1; });
  return longer <= 1 ? "use numpy.ravel(labels)"
                     : "give one label for each image, as labels.argmax(axis=1) does of rows of 0 "
                       "and one 1";
}

template <class T>
bool are_whole(const fs::path& path) {
  return std::ranges::all_of(read_npy<T>(path).values,
                             [](T value) { return std::rint(value) == value; });
}

/// What to do with labels of one axis that are neither int64 nor uint8.
std::string advice_of_type(const fs::path& path, const NpyHeader& header) {
  if ((header.type == NpyType::kFloat && !are_whole<float>(path)) ||
      (header.type == NpyType::kDouble && !are_whole<double>(path))) {
    return "some are no whole numbers: check that they are labels";
  }
  const std::string_view name = header.type_name;
  if (name == "float16") return "if all are whole numbers, use labels.astype(numpy.int64)";
  for (const std::string_view kind : {"bool", "int", "uint", "float"}) {
    if (name.starts_with(kind)) return "use labels.astype(numpy.int64)";
  }
  return "save them as text, one a line: numpy.savetxt(\"labels.txt\", labels, \"%s\")";
}

std::vector<std::string> read_array(const fs::path& path) {
  const NpyHeader header = read_npy_header(path);
  const bool is_read = header.type == NpyType::kByte || header.type == NpyType::kInt64;
  if (header.shape.size() != 1 || !is_read) {
    fail(ErrorKind::kData,
         "{}: got an array of {} of shape ({}), expected labels: int64 or uint8, of one axis; {}",
         path.string(), header.type_name, fmt::join(header.shape, ", "),
         header.shape.size() != 1 ? advice_of_shape(header.shape) : advice_of_type(path, header));
  }
  return header.type == NpyType::kByte ? texts_of(read_npy<std::uint8_t>(path).values)
                                       : texts_of(read_npy<std::int64_t>(path).values);
}

std::string read_utf8(const fs::path& path) {
  refuse_irregular_file(path, "labels");
  std::string text = read_file(path);
  // Letters of UTF-16 in Latin script have a zero each.
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
      text.find('\0') != std::string::npos) {
    fail(ErrorKind::kData,
         "{}: got text in UTF-16, or no text, expected a label on each line in UTF-8; save it as "
         "UTF-8",
         path.string());
  }
  return text;
}

/// Blanks of Unicode, and what has no width: the last is the byte order mark, which some editors
/// put in front, and which stands before any line of files that were joined.
constexpr std::u8string_view kBlanks[] = {
    u8" ",      u8"\t",     u8"\r",     u8"\v",     u8"\f",     u8"\u0085", u8"\u00A0",
    u8"\u1680", u8"\u2000", u8"\u2001", u8"\u2002", u8"\u2003", u8"\u2004", u8"\u2005",
    u8"\u2006", u8"\u2007", u8"\u2008", u8"\u2009", u8"\u200A", u8"\u200B", u8"\u2028",
    u8"\u2029", u8"\u202F", u8"\u205F", u8"\u3000", u8"\uFEFF"};

std::string without_blanks_around(const std::string& line) {
  std::u8string_view rest(reinterpret_cast<const char8_t*>(line.data()), line.size());
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (const std::u8string_view blank : kBlanks) {
      if (rest.starts_with(blank)) {
        rest.remove_prefix(blank.size());
        goes_on = true;
      } else if (rest.ends_with(blank)) {
        rest.remove_suffix(blank.size());
        goes_on = true;
      }
    }
  }
  return {rest.begin(), rest.end()};
}

std::vector<std::string> read_lines(const fs::path& path) {
  const std::string text = read_utf8(path);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = without_blanks_around(text.substr(begin, end - begin));
    if (line.empty()) {
      fail(ErrorKind::kData, "{}: line {} is empty, expected a label on each", path.string(),
           lines.size() + 1);
    }
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Labels labels_of(std::span<const std::string> classes) {
  Labels labels;
  std::vector<std::string>& names = labels.names;
  names.assign(classes.begin(), classes.end());
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  const bool are_numbers =
      std::ranges::all_of(names, [](const auto& name) { return number_of(name).has_value(); });
  // Of one number two spellings ("1", "01") keep the order of their bytes.
  if (are_numbers) {
    std::ranges::stable_sort(names, {}, [](const auto& name) { return *number_of(name); });
  }
  std::vector<std::pair<std::string_view, int>> places;  // by bytes, to look up
  places.reserve(names.size());
  for (const std::string& name : names) places.emplace_back(name, static_cast<int>(places.size()));
  std::ranges::sort(places);
  labels.values.reserve(classes.size());
  for (const std::string& name : classes) {
    const auto place = std::ranges::lower_bound(places, std::string_view(name), {},
                                                [](const auto& entry) { return entry.first; });
    labels.values.push_back(place->second);
  }
  return labels;
}

std::vector<std::string> read_label_names(const fs::path& path, std::size_t count) {
  refuse_archive_of_arrays(path, "labels");
  const std::string name = unpacked_name(path);
  std::vector<std::string> names = ending_of(name) == ".npy"  ? read_array(path)
                                   : name.ends_with("-ubyte") ? texts_of(read_idx(path, 1).values)
                                                              : read_lines(path);
  if (names.size() != count) {
    fail(ErrorKind::kData, "{}: got {} labels, expected one for each of {} images", path.string(),
         names.size(), count);
  }
  return names;
}

}  // namespace spvae
