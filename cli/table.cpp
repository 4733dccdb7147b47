#include "table.h"

#include <fmt/ranges.h>

#include <cmath>

#include "output.h"
#include "output_file.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/csv.h"
#include "spvae/io/npy.h"

namespace spvae::cli {
namespace {

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

void write_table(const std::string& path, const Table& table) {
  if (has_ending(path, ".npy")) {
    const std::size_t shape[] = {table.rows(), table.columns.size()};
    return write_npy<double>(path, shape, table.values);
  }
  write_file_atomically(path, has_ending(path, ".csv") ? csv_text(table) : json_lines(table));
}

}  // namespace spvae::cli
