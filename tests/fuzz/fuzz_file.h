#pragma once

#include <lzma.h>
#include <sys/mman.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/io/file.h"

/// What the fuzz targets have in common.
namespace spvae::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// A file in memory, which readers open by its path.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::uint8_t> bytes) : file_(memfd_create("fuzz", 0)) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!file_.is_open() || !detail::write_all(file_.get(), text)) std::abort();
  }
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  FileDescriptor file_;
};

/// A zlib stream (window bits 15) or a gzip member (31) of these bytes.
inline Bytes deflated(std::span<const std::uint8_t> bytes, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    std::abort();
  }
  Bytes packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<std::uint8_t*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<unsigned>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline Bytes xz(std::span<const std::uint8_t> bytes) {
  Bytes packed(lzma_stream_buffer_bound(bytes.size()));
  std::size_t size = 0;
  if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, bytes.data(), bytes.size(),
                              packed.data(), &size, packed.size()) != LZMA_OK) {
    std::abort();
  }
  packed.resize(size);
  return packed;
}

/// The file that an input stands for. Its first byte says how the others are packed, so that what
/// is mutated gets past the check sums: 1 gzip, 2 xz, all else not at all.
inline Bytes packed_input(std::span<const std::uint8_t> input) {
  if (input.empty()) return {};
  const auto bytes = input.subspan(1);
  if (input[0] == 1) return deflated(bytes, 31);
  if (input[0] == 2) return xz(bytes);
  return {bytes.begin(), bytes.end()};
}

/// Does `read`, which may throw an Error of a reader, but nothing else.
template <class Read>
void expect_value_or_error(const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) std::abort();
    if (error.kind() != ErrorKind::kData) std::abort();
  }
}

}  // namespace spvae::fuzz
