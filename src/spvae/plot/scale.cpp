#include "spvae/plot/scale.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <initializer_list>

namespace spvae::plot {
namespace {

constexpr double kLargest = 1e250;
constexpr double kRoom = 0.04;
// Distances below this fraction of the numbers' size are taken for rounding.
constexpr double kAllButEqual = 1e-9;
constexpr double kTolerance = 1e-9;  // for ticks at the very end of a range

// The double nearest to digits · 10^exponent (for exponents in −22 … 22, whose powers are exact).
double decimal(double digits, int exponent) {
  return exponent >= 0 ? digits * std::pow(10.0, exponent) : digits / std::pow(10.0, -exponent);
}

int floor_log10(double value) { return static_cast<int>(std::floor(std::log10(value))); }

// The powers of ten from that below the range to that above it, times each factor.
std::vector<double> multiples(Range range, std::initializer_list<int> factors, int every = 1) {
  std::vector<double> values;
  for (int exponent = floor_log10(range.low); exponent <= floor_log10(range.high) + 1; ++exponent) {
    if (exponent % every != 0) continue;
    for (const int factor : factors) {
      const double value = decimal(factor, exponent);
      if (value < range.low * (1.0 - kTolerance)) continue;
      if (value <= range.high * (1.0 + kTolerance)) values.push_back(value);
    }
  }
  return values;
}

}  // namespace

bool has_place(double value, bool logarithmic) {
  if (logarithmic) return value >= 1.0 / kLargest && value <= kLargest;
  return std::abs(value) <= kLargest;  // false for NaN
}

Range axis_range(std::span<const double> values, bool logarithmic) {
  Range range;
  bool found = false;
  for (const double value : values) {
    if (!has_place(value, logarithmic)) continue;
    range = found ? Range{std::min(range.low, value), std::max(range.high, value)}
                  : Range{value, value};
    found = true;
  }
  if (!found) return logarithmic ? Range{1.0, 10.0} : Range{0.0, 1.0};
  if (logarithmic) {
    const double distance = std::log(range.high) - std::log(range.low);
    const double room = distance < kAllButEqual ? 2.0 : std::exp(kRoom * distance);
    return {range.low / room, range.high * room};
  }
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  const double distance = range.high - range.low;
  double room = kRoom * distance;
  if (size < 1.0 / kLargest) {
    room = 1.0;
  } else if (distance < kAllButEqual * size) {
    room = 0.1 * size;
  }
  return {range.low - room, range.high + room};
}

Scale::Scale(Range range, bool logarithmic, double from, double to)
    : range_(range), logarithmic_(logarithmic), from_(from), to_(to) {
  assert(range.low < range.high && (!logarithmic || range.low > 0.0));
}

double Scale::place(double value) const {
  const double part = logarithmic_ ? (std::log(value) - std::log(range_.low)) /
                                         (std::log(range_.high) - std::log(range_.low))
                                   : (value - range_.low) / (range_.high - range_.low);
  return from_ + part * (to_ - from_);
}

std::vector<double> linear_ticks(Range range, int most) {
  assert(range.low < range.high && most >= 2);
  for (int exponent = floor_log10((range.high - range.low) / most);; ++exponent) {
    for (const int factor : {1, 2, 5}) {
      const double step = decimal(factor, exponent);
      const double first = std::ceil(range.low / step - kTolerance);
      const double last = std::floor(range.high / step + kTolerance);
      if (last - first + 1.0 > most) continue;
      std::vector<double> ticks;
      for (double i = first; i <= last; ++i) ticks.push_back(decimal(i * factor, exponent) + 0.0);
      return ticks;
    }
  }
}

std::vector<double> log_ticks(Range range, int most) {
  assert(0.0 < range.low && range.low < range.high && most >= 2);
  const auto fits = [most](const std::vector<double>& ticks) {
    return ticks.size() <= static_cast<std::size_t>(most);
  };
  std::vector<double> ticks = multiples(range, {1, 2, 5});
  if (ticks.size() < 3) return linear_ticks(range, most);
  if (!fits(ticks)) ticks = multiples(range, {1, 3});
  for (int every = 1; !fits(ticks); ++every) ticks = multiples(range, {1}, every);
  return ticks;
}

std::vector<double> minor_log_ticks(Range range) {
  if (std::log10(range.high) - std::log10(range.low) > 6.0) return {};
  return multiples(range, {1, 2, 3, 4, 5, 6, 7, 8, 9});
}

}  // namespace spvae::plot
