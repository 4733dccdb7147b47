#pragma once

#include <gtest/gtest.h>
#include <lzma.h>
#include <zlib.h>

#include "spvae/io/idx_testing.h"

/// For tests: packed bytes; gzip() is in idx_testing.h.
namespace spvae::testing {

/// One zlib stream, as MATLAB files hold them.
inline Bytes zlib_stream(const Bytes& bytes) {
  uLongf size = compressBound(bytes.size());
  Bytes packed(size);
  EXPECT_EQ(compress(packed.data(), &size, bytes.data(), bytes.size()), Z_OK);
  packed.resize(size);
  return packed;
}

/// One xz stream with the filters of `xz --delta=dist=32 --lzma2=dict=DICTIONARY`.
inline Bytes xz(const Bytes& bytes, std::uint32_t dictionary = 1 << 16) {
  lzma_options_delta delta{};
  delta.type = LZMA_DELTA_TYPE_BYTE;
  delta.dist = 32;
  lzma_options_lzma lzma2{};
  EXPECT_FALSE(lzma_lzma_preset(&lzma2, 0));
  lzma2.dict_size = dictionary;
  lzma_filter filters[] = {
      {LZMA_FILTER_DELTA, &delta}, {LZMA_FILTER_LZMA2, &lzma2}, {LZMA_VLI_UNKNOWN, nullptr}};
  Bytes packed(lzma_stream_buffer_bound(bytes.size()));
  std::size_t size = 0;
  EXPECT_EQ(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC64, nullptr, bytes.data(),
                                      bytes.size(), packed.data(), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  return packed;
}

/// One after the other.
inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Bytes that do not pack well, the same for the same seed.
inline Bytes noise(std::size_t size, std::uint32_t seed = 1) {
  Bytes bytes(size);
  std::uint32_t state = seed;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1) >> 24);
  return bytes;
}

}  // namespace spvae::testing
