#pragma once

#include <string>
#include <string_view>

namespace spvae {

/// Bytes in base64 (RFC 4648), padded, on one line. At most 1 GiB (assertion).
std::string base64(std::string_view bytes);

}  // namespace spvae
