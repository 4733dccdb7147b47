#include "spvae/data/labels.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/data/source_files.h"
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

std::vector<std::string> read_array(const fs::path& path) {
  const NpyHeader header = read_npy_header(path);
  if (header.shape.size() != 1 ||
      (header.type != NpyType::kByte && header.type != NpyType::kInt64)) {
    fail(ErrorKind::kData,
         "{}: got an array of {} of shape ({}), expected labels: int64 or uint8, of one axis; use "
         "numpy.ndarray.astype or numpy.ravel",
         path.string(), header.type_name, fmt::join(header.shape, ", "));
  }
  return header.type == NpyType::kByte ? texts_of(read_npy<std::uint8_t>(path).values)
                                       : texts_of(read_npy<std::int64_t>(path).values);
}

/// The text of a file, without the mark that some editors put before UTF-8.
std::string read_utf8(const fs::path& path) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::string text = read_file(path);
  // Letters of UTF-16 in Latin script have a zero each.
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
      text.find('\0') != std::string::npos) {
    fail(ErrorKind::kData,
         "{}: got text in UTF-16, or no text, expected a label on each line in UTF-8; save it as "
         "UTF-8",
         path.string());
  }
  if (text.starts_with(kMark)) text.erase(0, kMark.size());
  return text;
}

std::string without_blanks_around(const std::string& line) {
  constexpr const char* kBlanks = " \t\r\v\f";
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
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
