#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spvae::plot {

/// Text that is UTF-8 and one line: a byte that belongs to no valid character becomes "?", a
/// control character becomes a space.
std::string plain_text(std::string_view text);

/// How many bytes the UTF-8 character at the start of a text has that is not empty; 0 if there is
/// no valid one.
std::size_t character_bytes(std::string_view text);

}  // namespace spvae::plot
