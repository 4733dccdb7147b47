#pragma once

#include <string>
#include <vector>

#include "spvae/experiment/results.h"

namespace spvae {

/// What came out, for reading: cells with the paper's figures beside ours, seeds taken together;
/// paired differences (pairs_of); each run. Columns that would be empty are left out. `command`
/// makes it anew; `picture` is shown on top: the name of a file beside the page, empty for none.
std::string results_markdown(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                             const std::string& command, const std::string& picture = "");

}  // namespace spvae
