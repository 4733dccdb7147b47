#pragma once

#include <string>

#include "spvae/config/config_fields.h"

namespace spvae::cli {

/// Writes a result to stdout, as plain_lines. Error(kIo) if it cannot be written.
void print(const std::string& text);

/// One JSON object on one line.
void print_json(const Json& object);

/// JSON text; bytes that are no UTF-8, as a file's name may hold, become U+FFFD. indent < 0: one
/// line.
std::string json_text(const Json& object, int indent = -1);

/// The same text as valid UTF-8, and without control characters, those of the direction of
/// writing too, but with ends of lines: names of files and classes may hold what commands a
/// terminal.
std::string plain_lines(const std::string& text);

/// The same of a message on one line: it may quote a damaged file.
std::string one_line(const std::string& message);

/// 1234567 as "1,234,567".
std::string grouped(long long number);

/// "1 step", "1,234 steps".
std::string counted(long long number, const std::string& thing);

/// Nats for people: "-1234.57", "-2.5e+10" where the digits would say nothing.
std::string nats_text(double nats);

}  // namespace spvae::cli
