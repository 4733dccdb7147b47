#pragma once

#include <string>
#include <vector>

#include "spvae/experiment/experiment.h"

namespace spvae {

/// A cell of TP19 Table 2 and what its model counts to.
struct ParameterRow {
  std::string cell;
  ParameterCount count;
  int paper_thousands = 0;

  /// In thousands, cut, as the paper prints them.
  int thousands() const { return static_cast<int>(count.all / 1000); }
  bool is_equal() const { return thousands() == paper_thousands; }
};

/// A row for each cell with a figure of the paper, variants left out.
std::vector<ParameterRow> parameter_rows(const Experiment& experiment);

std::string parameter_markdown(const std::vector<ParameterRow>& rows);
std::string parameter_csv(const std::vector<ParameterRow>& rows);
/// {"rows": [{"cell", "parameters", "encoder_parameters", "paper_parameters_in_thousands",
/// "equal"}], "all_equal", "version"}.
Json parameter_json(const std::vector<ParameterRow>& rows);

}  // namespace spvae
