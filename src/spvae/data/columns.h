#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace spvae {

/// The variables of vectors of numbers: the columns of a table. Pixels of a plane have none.
struct Columns {
  std::vector<std::string> names = {};  ///< [V]; empty: the variables are pixels
  /// [V] A model sees (value − mean) / deviation of a column; empty: the values themselves.
  std::vector<double> mean = {};
  std::vector<double> deviation = {};
  bool are_numbered = false;  ///< names are numbered_columns: the data have none

  bool are_none() const { return names.empty(); }
  /// What one of the data is called.
  const char* thing() const { return are_none() ? "image" : "row"; }
  const char* variable() const { return are_none() ? "pixel" : "value"; }
  bool are_scaled() const { return !mean.empty(); }
  /// From the data's units to the model's, and back.
  float to_model(std::size_t column, float value) const {
    if (!are_scaled()) return value;
    return static_cast<float>((static_cast<double>(value) - mean[column]) / deviation[column]);
  }
  double to_data(std::size_t column, double value) const {
    return are_scaled() ? mean[column] + deviation[column] * value : value;
  }
};

/// The names of columns that have none: x0, x1, …
std::vector<std::string> numbered_columns(std::size_t count);

}  // namespace spvae
