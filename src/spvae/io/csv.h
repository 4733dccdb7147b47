#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spvae {

/// A line of a CSV file (RFC 4180): fields are quoted where they hold a comma, a quote or a line's
/// end.
std::string csv_line(const std::vector<std::string>& fields);

/// Rows of numbers below a line of their columns' names.
struct CsvTable {
  std::vector<std::string> columns;
  std::vector<float> values;  ///< [rows, columns], row by row; NaN: missing
};

/// Error(kData) unless each column has a name of its own, in UTF-8; `place` is where they stand.
void check_column_names(const std::string& place, const std::vector<std::string>& names);

/// Reads numbers that commas separate, one row a line, plain, gzip or xz; blanks around cells do
/// not count, and names may be quoted. A cell that is empty, or NaN in any letters, is missing.
/// Errors as ByteReader; Error(kData), naming line and column, for text and infinite numbers in
/// cells, lines of another length, names that are missing or stand twice, numbers alone in the
/// first line, and no row.
CsvTable read_csv(const std::filesystem::path& path);

/// The names of the columns alone. Errors as read_csv, of the first line.
std::vector<std::string> read_csv_columns(const std::filesystem::path& path);

}  // namespace spvae
