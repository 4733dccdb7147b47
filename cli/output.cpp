#include "output.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "spvae/core/error.h"

namespace spvae::cli {
namespace {

bool is_control(unsigned char code) { return code < 0x20 || code == 0x7f; }

/// Whether the control characters U+0080 to U+009F, which some terminals obey as well, stand at a
/// place of valid UTF-8.
bool is_late_control(const std::string& text, std::size_t at) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  return byte(at) == 0xc2 && at + 1 < text.size() && byte(at + 1) < 0xa0;
}

}  // namespace

void print(const std::string& text) {
  const std::string plain = plain_lines(text);
  if (std::fwrite(plain.data(), 1, plain.size(), stdout) != plain.size() ||
      std::fflush(stdout) != 0) {
    fail(ErrorKind::kIo, "cannot write the result to standard output: {}", std::strerror(errno));
  }
}

void print_json(const Json& object) { print(json_text(object) + "\n"); }

std::string json_text(const Json& object, int indent) {
  return object.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string plain_lines(const std::string& text) {
  auto plain = parse_json(json_text(text)).value.get<std::string>();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (is_late_control(plain, i)) plain[i] = plain[i + 1] = ' ';
    if (is_control(static_cast<unsigned char>(plain[i])) && plain[i] != '\n') plain[i] = ' ';
  }
  return plain;
}

std::string one_line(const std::string& message) {
  std::string line = plain_lines(message);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string grouped(long long number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t left = digits.size() - i;
    if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

std::string counted(long long number, const std::string& thing) {
  return grouped(number) + " " + thing + (number == 1 ? "" : "s");
}

std::string nats_text(double nats) {
  return std::fabs(nats) < 1e9 ? fmt::format("{:.2f}", nats) : fmt::format("{:.3g}", nats);
}

}  // namespace spvae::cli
