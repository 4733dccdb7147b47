#include "spvae/io/idx.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "spvae/core/error.h"
#include "spvae/io/byte_reader.h"

namespace spvae {
namespace {

constexpr std::uint32_t kUnsignedBytes = 0x0800;  // magic number = this + rank
constexpr const char* kWanted = "an IDX file";

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

std::size_t header_size(std::size_t rank) { return 4 + 4 * rank; }

std::uint64_t value_count(const std::vector<std::uint32_t>& shape) {
  std::uint64_t count = 1;  // stops growing at the limit, so that it cannot overflow
  for (const std::uint32_t size : shape) count = std::min(count * size, kMaxIdxValues + 1);
  return count;
}

std::vector<std::uint32_t> read_header(ByteReader& reader, int rank) {
  assert(rank == 1 || rank == 3);
  std::array<std::uint8_t, 16> header{};
  const std::size_t expected = header_size(static_cast<std::size_t>(rank));
  const std::size_t got = reader.read(std::span(header).first(expected));
  const std::uint32_t magic = big_endian(header.data());
  const std::uint32_t expected_magic = kUnsignedBytes + static_cast<std::uint32_t>(rank);
  if (magic >> 16 != 0) {  // every IDX file begins with two zeros
    fail(ErrorKind::kData,
         "{}: not an IDX file, plain, gzip or xz; give one in the format of MNIST's files",
         reader.name());
  }
  if (got >= 4 && magic != expected_magic) {
    fail(ErrorKind::kData,
         "{}: wrong magic number: got 0x{:08x}, expected 0x{:08x} (IDX, unsigned bytes, {}); give "
         "the file of the {}, or fetch it again",
         reader.name(), magic, expected_magic, rank == 1 ? "1 axis" : "3 axes",
         rank == 1 ? "labels" : "images");
  }
  if (got < expected) {
    fail(ErrorKind::kData, "{}: truncated: got {} {}, expected an IDX header of {}; fetch it again",
         reader.name(), got, reader.unit(), expected);
  }
  std::vector<std::uint32_t> shape;
  for (std::size_t at = 4; at < expected; at += 4) shape.push_back(big_endian(&header[at]));
  if (std::ranges::find(shape, 0u) != shape.end()) {
    fail(ErrorKind::kData,
         "{}: holds nothing: got the shape {}, expected at least one {}; fetch it again",
         reader.name(), fmt::join(shape, " x "),
         rank == 3 ? "image of at least one pixel" : "value");
  }
  if (value_count(shape) > kMaxIdxValues) {
    fail(ErrorKind::kData,
         "{}: absurd size: got the shape {}, expected at most {} values; fetch it again",
         reader.name(), fmt::join(shape, " x "), kMaxIdxValues);
  }
  return shape;
}

}  // namespace

std::vector<std::uint32_t> read_idx_shape(const std::filesystem::path& path, int rank) {
  ByteReader reader(path, kWanted);
  return read_header(reader, rank);
}

std::uint64_t idx_size(const std::vector<std::uint32_t>& shape) {
  return header_size(shape.size()) + value_count(shape);
}

IdxArray read_idx(const std::filesystem::path& path, int rank) {
  ByteReader reader(path, kWanted);
  IdxArray array{read_header(reader, rank), {}};
  const auto expected = static_cast<std::size_t>(value_count(array.shape));
  for (std::size_t done = 0; done < expected;) {
    constexpr std::size_t kFirstBlock = 1 << 20;
    const std::size_t block = std::min(expected - done, std::max(kFirstBlock, done));
    array.values.resize(done + block);
    const std::size_t got = reader.read(std::span(array.values).subspan(done, block));
    done += got;
    if (got < block) {
      fail(ErrorKind::kData, "{}: truncated: got {} {}, expected {} (shape {}); fetch it again",
           reader.name(), idx_size(array.shape) - expected + done, reader.unit(),
           idx_size(array.shape), fmt::join(array.shape, " x "));
    }
  }
  reader.expect_end(fmt::format("{} {} of its shape {}", idx_size(array.shape), reader.unit(),
                                fmt::join(array.shape, " x ")));
  return array;
}

}  // namespace spvae
