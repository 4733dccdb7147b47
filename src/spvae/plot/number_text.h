#pragma once

#include <string>
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

}  // namespace spvae::plot
