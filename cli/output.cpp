#include "output.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "spvae/core/error.h"

namespace spvae::cli {

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    fail(ErrorKind::kIo, "cannot write the result to standard output: {}", std::strerror(errno));
  }
}

void print_json(const Json& object) { print(json_text(object) + "\n"); }

std::string json_text(const Json& object, int indent) {
  return object.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string one_line(const std::string& message) {
  auto text = parse_json(json_text(message)).value.get<std::string>();
  for (char& letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20 || code == 0x7f) letter = ' ';
  }
  return text;
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
