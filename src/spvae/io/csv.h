#pragma once

#include <string>
#include <vector>

namespace spvae {

/// A line of a CSV file (RFC 4180): fields are quoted where they hold a comma, a quote or a line's
/// end.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace spvae
