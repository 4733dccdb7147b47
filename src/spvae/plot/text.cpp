#include "spvae/plot/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>

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

std::size_t character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  std::size_t bytes = 0;
  if (first >= 0xC2 && first < 0xE0) bytes = 2;
  if (first >= 0xE0 && first < 0xF0) bytes = 3;
  if (first >= 0xF0 && first < 0xF5) bytes = 4;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Forms that are too long, surrogates, beyond U+10FFFF.
  const bool valid = !(first == 0xE0 && byte(1) < 0xA0) && !(first == 0xED && byte(1) >= 0xA0) &&
                     !(first == 0xF0 && byte(1) < 0x90) && !(first == 0xF4 && byte(1) >= 0x90);
  return valid ? bytes : 0;
}

std::string plain_text(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    const auto first = static_cast<std::uint8_t>(text[0]);
    if (bytes == 0) {
      plain += '?';
    } else if (first < 0x20 || first == 0x7F) {
      plain += ' ';
    } else {
      plain += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return plain;
}

std::string with_stable_names(std::string_view svg) {
  std::map<std::string_view, std::size_t> numbers;
  std::string stable;
  while (!svg.empty()) {
    // A name stands in an id or behind a "#".
    std::size_t place = svg.find_first_of("\"#");
    place = place == std::string_view::npos ? svg.size() : place + 1;
    stable += svg.substr(0, place);
    svg.remove_prefix(place);
    for (const std::string_view kind : {"surface", "image"}) {
      if (!svg.starts_with(kind)) continue;
      std::size_t end = kind.size();
      while (end < svg.size() && svg[end] >= '0' && svg[end] <= '9') ++end;
      if (end == kind.size()) continue;
      const std::size_t number =
          numbers.try_emplace(svg.substr(0, end), numbers.size()).first->second;
      stable += fmt::format("{}{}", kind, number);
      svg.remove_prefix(end);
    }
  }
  return stable;
}

}  // namespace spvae::plot
