#include "spvae/io/base64.h"

#include <openssl/evp.h>

#include <cassert>
#include <cstddef>

namespace spvae {

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
