#include "spvae/io/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/io/byte_reader.h"

namespace spvae {
namespace {

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void add(const void* bytes, std::size_t size) {
    check(EVP_DigestUpdate(context_.get(), bytes, size) == 1);
  }

  std::string hexadecimal() {
    std::array<unsigned char, 32> digest{};
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return fmt::format("{:02x}", fmt::join(digest, ""));
  }

 private:
  static void check(bool done) {
    if (done) return;
    fail(ErrorKind::kIo, "libcrypto cannot compute SHA-256; check its configuration");
  }

  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes.data(), bytes.size());
  return digest.hexadecimal();
}

ContentDigest digest_of_content(const std::filesystem::path& path) {
  ByteReader reader(path, "a file");
  Sha256 digest;
  std::uint64_t size = 0;
  std::vector<std::uint8_t> block(std::size_t{1} << 16);
  for (std::size_t got = block.size(); got == block.size(); size += got) {
    got = reader.read(block);
    digest.add(block.data(), got);
  }
  reader.expect_end(fmt::format("{} {}", size, reader.unit()));
  return {digest.hexadecimal(), size};
}

std::string base64(std::string_view bytes) {
  assert(bytes.size() <= std::size_t{1} << 30);
  // One more for the zero that libcrypto writes behind.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

}  // namespace spvae
