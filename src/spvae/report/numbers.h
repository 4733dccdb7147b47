#pragma once

#include <concepts>
#include <string>

#include "spvae/plot/text.h"

namespace spvae {

/// "1,234,567".
std::string count_text(std::integral auto count) {
  return plot::number_text(static_cast<double>(count), 0);
}

/// "1 step", "1,234 steps".
std::string counted(std::integral auto count, const std::string& thing) {
  return count_text(count) + " " + thing + (count == 1 ? "" : "s");
}

/// With so many digits behind the point and a true minus sign; "unknown" if it is not finite.
std::string decimal_text(double value, int decimals);

/// "42 s", "3 min 7 s", "1 h 2 min".
std::string time_text(double seconds);

}  // namespace spvae
