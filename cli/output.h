#pragma once

#include <string>

#include "spvae/model/config_fields.h"

namespace spvae::cli {

/// Writes a result to stdout. Error(kIo) if it cannot be written.
void print(const std::string& text);

/// One JSON object on one line.
void print_json(const Json& object);

/// 1234567 as "1,234,567".
std::string grouped(long long number);

}  // namespace spvae::cli
