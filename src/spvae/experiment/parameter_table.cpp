#include "spvae/experiment/parameter_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "spvae/core/version.h"
#include "spvae/io/csv.h"

namespace spvae {

std::vector<ParameterRow> parameter_rows(const Experiment& experiment) {
  std::vector<ParameterRow> rows;
  for (const Trial& trial : experiment.trials) {
    if (!trial.variant.empty() || !trial.paper || trial.seed_number > 0) continue;
    rows.push_back({trial.name(), count_parameters(trial), trial.paper->parameters});
  }
  return rows;
}

std::string parameter_markdown(const std::vector<ParameterRow>& rows) {
  std::string text =
      "# TP19 Table 2: parameters of the models of Table 1\n\n<!-- Written by `spvae reproduce "
      "table2`; do not edit. -->\n\nIn thousands, cut, as the paper prints them; beside them all "
      "digits.\n\n| cell | TP19 | ours | parameters | of them encoders |\n|---|---|---|---|---|\n";
  for (const ParameterRow& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", row.cell, row.paper_thousands,
                        row.thousands(), row.count.all, row.count.encoders);
  }
  return text;
}

std::string parameter_csv(const std::vector<ParameterRow>& rows) {
  std::string text = "cell,paper_thousands,thousands,parameters,encoder_parameters\n";
  for (const ParameterRow& row : rows) {
    text +=
        csv_line({row.cell, std::to_string(row.paper_thousands), std::to_string(row.thousands()),
                  std::to_string(row.count.all), std::to_string(row.count.encoders)});
  }
  return text;
}

Json parameter_json(const std::vector<ParameterRow>& rows) {
  Json list = Json::array();
  for (const ParameterRow& row : rows) {
    list.push_back({{"cell", row.cell},
                    {"parameters", row.count.all},
                    {"encoder_parameters", row.count.encoders},
                    {"paper_parameters_in_thousands", row.paper_thousands},
                    {"equal", row.is_equal()}});
  }
  return {{"rows", list},
          {"all_equal", std::ranges::all_of(rows, &ParameterRow::is_equal)},
          {"version", version()}};
}

}  // namespace spvae
