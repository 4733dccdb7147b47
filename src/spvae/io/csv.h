#pragma once

#include <string>

namespace spvae {

/// A text as a field of a CSV file (RFC 4180): quoted where it holds a comma, a quote or a line's
/// end.
std::string csv_field(const std::string& text);

}  // namespace spvae
