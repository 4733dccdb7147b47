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

/// Error(kUsage) unless a file's name has an ending that write_table knows; else as
/// check_can_create: asked before long computations.
void check_table_name(const std::string& path);

/// Writes a table as the name's ending says: .npy, .csv with a line of the columns' names, or
/// .jsonl with an object for each row, where numbers that are not finite are null. Errors as
/// write_file_atomically.
void write_table(const std::string& path, const Table& table);

}  // namespace spvae::cli
