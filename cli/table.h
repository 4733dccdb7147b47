#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace spvae::cli {

/// A row of numbers for each image.
struct Table {
  std::vector<std::string> columns;
  std::vector<double> values;  ///< [images, columns]

  std::size_t rows() const { return values.size() / columns.size(); }
  std::span<const double> row(std::size_t i) const {
    return std::span(values).subspan(i * columns.size(), columns.size());
  }
};

/// The endings of files' names that write_table knows.
inline const std::vector<std::string> kTableEndings = {".npy", ".csv", ".jsonl"};

/// Writes a table as the name's ending says: .npy, .csv with a line of the columns' names, or
/// .jsonl with an object for each row, where numbers that are not finite are null. Errors as
/// write_file_atomically.
void write_table(const std::string& path, const Table& table);

}  // namespace spvae::cli
