#include "spvae/plot/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace spvae::plot {
namespace {

constexpr std::string_view kMinus = "\u2212";
constexpr double kLargestPlain = 1e15;

// As few digits as identify the number; room for the longest fixed form of a double.
std::string shortest(double value, std::chars_format format) {
  std::array<char, 1100> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format).ptr;
  return {text.data(), end};
}

int needed_decimals(double value) {
  const std::string text = shortest(value, std::chars_format::fixed);
  const std::size_t point = text.find('.');
  return point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
}

std::string superscript(int number) {
  constexpr std::array<std::string_view, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                        "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char digit : fmt::format("{}", std::abs(number))) {
    text += kDigits[static_cast<std::size_t>(digit - '0')];
  }
  return text;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::size_t longest(const std::vector<std::string>& texts) {
  std::size_t length = 0;
  for (const std::string& text : texts) length = std::max(length, characters(text));
  return length;
}

}  // namespace

std::string number_text(double value, int decimals) {
  if (std::abs(value) >= kLargestPlain) return power_text(value);
  std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t place = point; place > 3;) text.insert(place -= 3, ",");
  return value < 0 && !is_zero ? std::string(kMinus) + text : text;
}

std::string power_text(double value) {
  if (value == 0.0) return "0";
  const std::string text = shortest(std::abs(value), std::chars_format::scientific);
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t digits = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + digits, text.data() + text.size(), exponent);
  const std::string mantissa = text.substr(0, e);
  return fmt::format("{}{}10{}", value < 0 ? kMinus : "", mantissa == "1" ? "" : mantissa + "×",
                     superscript(exponent));
}

std::vector<std::string> tick_texts(const std::vector<double>& ticks, bool same_decimals) {
  constexpr std::size_t kLongestPlain = 9;
  int most_decimals = 0;
  for (const double tick : ticks) most_decimals = std::max(most_decimals, needed_decimals(tick));
  std::vector<std::string> plain;
  std::vector<std::string> powers;
  for (const double tick : ticks) {
    plain.push_back(number_text(tick, same_decimals ? most_decimals : needed_decimals(tick)));
    powers.push_back(power_text(tick));
  }
  return longest(plain) > kLongestPlain && longest(powers) < longest(plain) ? powers : plain;
}

}  // namespace spvae::plot
