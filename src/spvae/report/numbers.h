#pragma once

#include <cstdint>
#include <string>

namespace spvae {

/// "1,234,567".
std::string count_text(std::int64_t count);

/// With so many digits behind the point and a true minus sign; "unknown" if it is not finite.
std::string decimal_text(double value, int decimals);

/// "42 s", "3 min 7 s", "1 h 2 min".
std::string time_text(double seconds);

}  // namespace spvae
