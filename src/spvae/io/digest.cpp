#include "spvae/io/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>

#include "spvae/core/error.h"
#include "spvae/io/file.h"

namespace spvae {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), &size) !=
          1 ||
      size != digest.size()) {
    fail(ErrorKind::kIo, "libcrypto cannot compute SHA-256; check its configuration");
  }
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_of_file(const std::filesystem::path& path) { return sha256(read_file(path)); }

}  // namespace spvae
