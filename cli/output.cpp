#include "output.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/plot/number_text.h"

namespace spvae::cli {
namespace {

bool is_control(unsigned char code) { return code < 0x20 || code == 0x7f; }

/// What valid UTF-8 begins with of control characters beyond ASCII, in bytes: U+0080 to U+009F,
/// which some terminals obey as well; ends of lines and paragraphs; and those that turn the
/// direction of writing, so that a line reads as another.
std::size_t late_control(std::string_view text) {
  if (text.starts_with('\xc2')) return static_cast<unsigned char>(text[1]) < 0xa0 ? 2 : 0;
  for (const std::string_view control :
       {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d",
        "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    if (text.starts_with(control)) return control.size();
  }
  return 0;
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
    const std::size_t late = late_control(std::string_view(plain).substr(i));
    if (late > 0) plain.replace(i, late, late, ' ');
    if (is_control(static_cast<unsigned char>(plain[i])) && plain[i] != '\n') plain[i] = ' ';
  }
  return plain;
}

std::string one_line(const std::string& message) {
  std::string line = plain_lines(message);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string grouped(long long number) { return plot::number_text(static_cast<double>(number), 0); }

std::string counted(long long number, const std::string& thing) {
  return grouped(number) + " " + thing + (number == 1 ? "" : "s");
}

std::string nats_text(double nats) {
  return std::fabs(nats) < 1e9 ? fmt::format("{:.2f}", nats) : fmt::format("{:.3g}", nats);
}

}  // namespace spvae::cli
