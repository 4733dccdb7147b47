#include "spvae/report/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spvae {

std::string decimal_text(double value, int decimals) {
  return std::isfinite(value) ? plot::number_text(value, decimals) : "unknown";
}

std::string time_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, 1e12)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", count_text(whole / 3600), whole / 60 % 60);
}

}  // namespace spvae
