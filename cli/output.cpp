#include "output.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/csv.h"
#include "spvae/io/file.h"
#include "spvae/io/npy.h"
#include "spvae/report/picture.h"

namespace spvae::cli {
bool has_ending(const std::filesystem::path& name, const std::string& ending) {
  std::string own = name.extension().string();
  for (char& letter : own) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return own == ending;
}

void check_output(const std::string& flag, const std::string& path,
                  const std::vector<std::string>& endings) {
  const auto is_of = [&path](const std::string& ending) { return has_ending(path, ending); };
  if (!std::ranges::any_of(endings, is_of)) {
    const std::span<const std::string> others(endings.data(), endings.size() - 1);
    fail(ErrorKind::kUsage, "{}: got '{}', expected a name that ends in {}{}{}", flag, path,
         fmt::join(others, ", "), others.empty() ? "" : " or ", endings.back());
  }
  check_can_create(path);
}

void check_can_create(const std::filesystem::path& path) {
  const std::filesystem::path folder =
      path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (!is_folder(folder)) {
    fail(ErrorKind::kCannotCreate,
         "{}: cannot be created, since {} is not a folder; create it first", path.string(),
         folder.string());
  }
  if (is_folder(path)) {
    fail(ErrorKind::kCannotCreate, "{}: is a folder, expected the name of a file", path.string());
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    fail(ErrorKind::kCannotCreate, "{}: cannot be created, since {} cannot be written to",
         path.string(), folder.string());
  }
}

void write_description(const std::filesystem::path& path, Json description) {
  description["version"] = version();
  std::filesystem::path beside = path;
  beside += ".json";
  write_file_atomically(beside, json_text(description, 2) + "\n");
}

void write_description(const std::filesystem::path& path, const std::string& run,
                       const ModelOrigin& origin, Json description) {
  description["version"] = version();
  description["run"] = run;
  description["model"] = {{"step", origin.step},
                          {"seed", origin.seed},
                          {"validation_bound", origin.validation_bound},
                          {"data", origin.data},
                          {"data_digest", origin.data_digest},
                          {"config", origin.training}};
  write_description(path, std::move(description));
}

void check_form(const Columns& columns, const std::string& flag, const std::string& path,
                const std::string& others) {
  const bool is_table = has_ending(path, ".csv");
  if (path.empty() || has_ending(path, ".npy") || is_table != columns.are_none()) return;
  fail(ErrorKind::kUsage, "{}: got '{}', but the model is of {}; choose a name that ends in {}",
       flag, path,
       is_table ? "images, whose values stand in no table" : "vectors, which are no pictures",
       others);
}

void write_values(const std::string& path, const ImageSet& images,
                  std::vector<std::size_t> leading) {
  if (!has_ending(path, ".csv")) {
    return write_npy<float>(path, array_shape(images, std::move(leading)), images.values);
  }
  std::string text = csv_line(images.columns.names);
  const auto columns = static_cast<std::size_t>(images.variables());
  for (std::size_t i = 0; i < images.values.size(); i += columns) {
    text += fmt::format("{}\n", fmt::join(std::span(images.values).subspan(i, columns), ","));
  }
  write_file_atomically(path, text);
}

Picture contact_sheet(const ImageSet& images, int columns) {
  const int count = images.count();
  const double ratio = static_cast<double>(images.height) / images.width;
  if (columns == 0) {
    columns = std::clamp(static_cast<int>(std::ceil(std::sqrt(count * ratio))), 1, count);
  }
  std::vector<Picture> pictures;
  pictures.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) pictures.push_back(picture_of(images, i));
  return sheet_of(pictures, columns);
}
namespace {

bool is_control(unsigned char code) { return code < 0x20 || code == 0x7f; }

/// What valid UTF-8 begins with of control characters beyond ASCII, in bytes: U+0080 to U+009F,
/// which some terminals obey as well; ends of lines and paragraphs; and those that turn the
/// direction of writing, so that a line reads as another.
std::size_t late_control(std::string_view text) {
  if (text.starts_with('\xc2')) return static_cast<unsigned char>(text[1]) < 0xa0 ? 2 : 0;
  for (const std::string_view control :
       {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d",
        "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    if (text.starts_with(control)) return control.size();
  }
  return 0;
}

/// Whole numbers without a point; infinities and NaN have no JSON: null.
Json json_number(double value) {
  constexpr double kWhole = 9007199254740992;  // 2^53
  if (!std::isfinite(value)) return {};
  if (value == std::floor(value) && std::abs(value) <= kWhole) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

std::string csv_text(const Table& table) {
  std::string text = csv_line(table.columns);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    text += fmt::format("{}\n", fmt::join(table.row(i), ","));
  }
  return text;
}

std::string json_lines(const Table& table) {
  std::string text;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    Json line = Json::object();
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      line[table.columns[column]] = json_number(table.row(i)[column]);
    }
    text += json_text(line) + "\n";
  }
  return text;
}

}  // namespace

void print(const std::string& text) {
  const std::string plain = plain_lines(text);
  if (std::fwrite(plain.data(), 1, plain.size(), stdout) != plain.size() ||
      std::fflush(stdout) != 0) {
    fail(ErrorKind::kIo, "cannot write the result to standard output: {}", std::strerror(errno));
  }
}

void print_json(const Json& object) { print(json_text(object) + "\n"); }

std::string json_text(const Json& object, int indent) {
  return object.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string plain_lines(const std::string& text) {
  auto plain = parse_json(json_text(text)).value.get<std::string>();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::size_t late = late_control(std::string_view(plain).substr(i));
    if (late > 0) plain.replace(i, late, late, ' ');
    if (is_control(static_cast<unsigned char>(plain[i])) && plain[i] != '\n') plain[i] = ' ';
  }
  return plain;
}

std::string one_line(const std::string& message) {
  std::string line = plain_lines(message);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string nats_text(double nats) {
  return std::fabs(nats) < 1e9 ? fmt::format("{:.2f}", nats) : fmt::format("{:.3g}", nats);
}

void write_table(const std::string& path, const Table& table) {
  if (has_ending(path, ".npy")) {
    const std::size_t shape[] = {table.rows(), table.columns.size()};
    return write_npy<double>(path, shape, table.values);
  }
  write_file_atomically(path, has_ending(path, ".csv") ? csv_text(table) : json_lines(table));
}

}  // namespace spvae::cli
