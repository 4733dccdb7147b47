#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spvae::plot {

/// A finite number with this many digits after the point, thousands separated by commas and with a
/// true minus sign: "−1,234.50"; as power_text from 1e15 on. There is no "−0".
std::string number_text(double value, int decimals);

/// A finite number with as few digits as identify it, times a power of ten: "2.5×10⁶", "10⁻³", "0".
std::string power_text(double value);

/// The texts of an axis' ticks, ascending finite numbers: all as number_text, or all as power_text
/// where that is shorter and number_text takes more than nine characters. The digits after the
/// point are as many as each tick needs; with same_decimals, as many as the longest needs.
std::vector<std::string> tick_texts(const std::vector<double>& ticks, bool same_decimals);

/// Text that is UTF-8 and one line: a byte that belongs to no valid character becomes "?", a
/// control character becomes a space.
std::string plain_text(std::string_view text);

/// How many bytes the UTF-8 character at the start of a text has that is not empty; 0 if there is
/// no valid one.
std::size_t character_bytes(std::string_view text);

/// An SVG of cairo with its names of surfaces and pictures numbered from 0 in order of appearance
/// (id="image0", "#image0"): cairo numbers them by all that the process has drawn before.
std::string with_stable_names(std::string_view svg);

}  // namespace spvae::plot
