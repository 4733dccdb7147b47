#include "spvae/data/vector_file.h"

#include <fmt/ranges.h>

#include <cmath>
#include <span>

#include "spvae/core/error.h"
#include "spvae/data/columns.h"
#include "spvae/data/find_files.h"
#include "spvae/data/image_array.h"
#include "spvae/io/csv.h"
#include "spvae/io/file.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

/// What read_image_array_header takes of two axes.
bool may_be_images(const NpyHeader& header) {
  const auto side = std::lround(std::sqrt(static_cast<double>(header.shape[1])));
  return static_cast<std::size_t>(side * side) == header.shape[1] &&
         (header.type == NpyType::kByte || header.type == NpyType::kFloat ||
          header.type == NpyType::kDouble);
}

void check_finite(const fs::path& file, std::span<const float> values,
                  const std::vector<std::string>& columns, bool takes_nan) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) || (takes_nan && std::isnan(values[i]))) continue;
    const std::size_t row = i / columns.size();
    fail(ErrorKind::kData, "{}: {} {}, column {}: got {}, expected a finite number; {}",
         file.string(), names_columns(file) ? "line" : "row", names_columns(file) ? row + 2 : row,
         columns[i % columns.size()],
         std::isnan(values[i]) ? "a missing value" : "a value beyond float32",
         std::isnan(values[i]) ? "if it may be missing, say --missing nan"
                               : "take the row out, or scale the column");
  }
}

void check_size(const fs::path& file, const VectorFile& vectors, std::size_t rows) {
  const std::size_t columns = vectors.columns.size();
  if (rows > 0 && rows <= kMaxImages && columns > 0 && columns <= kMaxColumns) return;
  fail(ErrorKind::kData, "{}: got {} rows of {} columns, expected 1 to {} rows of 1 to {} columns",
       file.string(), rows, columns, kMaxImages, kMaxColumns);
}

}  // namespace

std::vector<std::string> numbered_columns(std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("x{}", i));
  return names;
}

bool names_columns(const fs::path& file) { return ending_of(unpacked_name(file)) == ".csv"; }

int columns_of_vectors(const fs::path& file, bool asked) {
  if (names_columns(file)) return static_cast<int>(read_csv_columns(file).size());
  const bool is_array = ending_of(unpacked_name(file)) == ".npy";
  if (is_array) {
    const NpyHeader header = read_npy_header(file);
    if (header.shape.size() == 2 && (asked || !may_be_images(header))) {
      return static_cast<int>(std::min(header.shape[1], kMaxColumns + 1));
    }
    if (asked) {
      fail(ErrorKind::kUsage, "vectors: {} holds an array of shape ({}), expected (rows, columns)",
           file.string(), fmt::join(header.shape, ", "));
    }
  }
  if (asked) {
    fail(ErrorKind::kUsage, "vectors: got {}, expected a .csv or .npy file of vectors",
         file.string());
  }
  return 0;
}

VectorFile read_vector_header(const fs::path& file) {
  VectorFile vectors;
  std::size_t rows = 0;
  if (names_columns(file)) {
    CsvTable table = read_csv(file);
    vectors.columns = std::move(table.columns);
    rows = table.values.size() / vectors.columns.size();
  } else {
    const NpyHeader header = read_npy_header(file);
    rows = header.shape[0];
    vectors.columns = numbered_columns(std::min(header.shape[1], kMaxColumns + 1));
    vectors.size = header.size;
  }
  check_size(file, vectors, rows);
  vectors.rows = static_cast<std::uint32_t>(rows);
  return vectors;
}

std::vector<float> read_vectors(const fs::path& file, bool takes_nan) {
  std::vector<float> values;
  std::vector<std::string> columns;
  if (names_columns(file)) {
    CsvTable table = read_csv(file);
    columns = std::move(table.columns);
    values = std::move(table.values);
  } else {
    NpyArray<float> array = read_npy_numbers(file);
    columns = numbered_columns(array.shape.back());
    values = std::move(array.values);
  }
  check_finite(file, values, columns, takes_nan);
  return values;
}

}  // namespace spvae
