#include "spvae/io/idx.h"

#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>

#include "spvae/core/error.h"

namespace spvae {
namespace {

constexpr std::uint32_t kUnsignedBytes = 0x0800;  // magic number = this + rank

/// A file's bytes in order, unpacked when they are gzip (one member or several).
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path);
  ~ByteReader() {
    if (packed_) inflateEnd(&stream_);
  }
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Fills `out` and returns how many bytes it could: fewer only at the end.
  std::size_t read(std::span<std::uint8_t> out);

  std::string name() const { return path_.string(); }
  /// For messages: what kind of bytes read() counts.
  const char* unit() const { return packed_ ? "unpacked bytes" : "bytes"; }
  /// Whether a gzip stream ended before its own end mark.
  bool cut_off() const { return cut_off_; }

 private:
  /// Reads on behind the first `kept` bytes of input_; at the file's end avail_in is just `kept`.
  void refill(std::size_t kept = 0);
  std::size_t read_plain(std::span<std::uint8_t> out);
  std::size_t read_packed(std::span<std::uint8_t> out);
  bool next_member();
  bool starts_member() const {
    return stream_.avail_in >= 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b;
  }

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::array<std::uint8_t, 1 << 16> input_;
  z_stream stream_{};
  bool packed_ = false;
  bool ended_ = false;
  bool cut_off_ = false;
};

ByteReader::ByteReader(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fail(ErrorKind::kNoInput, "{}: is a folder; expected an IDX file", name());
  }
  file_.reset(std::fopen(path.c_str(), "rb"));
  if (!file_) {
    fail(ErrorKind::kNoInput, "{}: cannot be opened ({}); expected an IDX file, plain or gzip",
         name(), std::strerror(errno));
  }
  refill();
  packed_ = starts_member();
  // 15: the largest window; 16: gzip, with its check sum.
  if (packed_ && inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
}

void ByteReader::refill(std::size_t kept) {
  const std::size_t got = std::fread(input_.data() + kept, 1, input_.size() - kept, file_.get());
  stream_.next_in = input_.data();
  stream_.avail_in = static_cast<unsigned>(kept + got);
  if (std::ferror(file_.get())) {
    fail(ErrorKind::kIo, "{}: reading failed ({})", name(), std::strerror(errno));
  }
}

std::size_t ByteReader::read(std::span<std::uint8_t> out) {
  return packed_ ? read_packed(out) : read_plain(out);
}

std::size_t ByteReader::read_plain(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    if (stream_.avail_in == 0) refill();
    if (stream_.avail_in == 0) break;
    const std::size_t count = std::min<std::size_t>(out.size() - done, stream_.avail_in);
    std::copy_n(stream_.next_in, count, out.data() + done);
    stream_.next_in += count;
    stream_.avail_in -= static_cast<unsigned>(count);
    done += count;
  }
  return done;
}

std::size_t ByteReader::read_packed(std::span<std::uint8_t> out) {
  assert(out.size() <= kMaxIdxValues);
  stream_.next_out = out.data();
  stream_.avail_out = static_cast<unsigned>(out.size());
  while (stream_.avail_out > 0 && !ended_) {
    if (stream_.avail_in == 0) refill();
    if (stream_.avail_in == 0) {
      ended_ = cut_off_ = true;
      break;
    }
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_STREAM_END) {
      ended_ = !next_member();
    } else if (status != Z_OK) {
      fail(ErrorKind::kData, "{}: the gzip data are damaged ({}); fetch the file again", name(),
           stream_.msg ? stream_.msg : "no end of a block");
    }
  }
  return out.size() - stream_.avail_out;
}

/// After the end of a gzip member: nothing, or another member.
bool ByteReader::next_member() {
  if (stream_.avail_in < 2) {  // the end of input_ may part the two bytes of the mark
    const std::size_t kept = stream_.avail_in;
    if (kept == 1) input_[0] = *stream_.next_in;
    refill(kept);
  }
  if (stream_.avail_in == 0) return false;
  if (!starts_member()) {
    fail(ErrorKind::kData, "{}: other bytes follow the gzip data; fetch the file again", name());
  }
  inflateReset(&stream_);
  return true;
}

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

std::size_t header_size(int rank) { return 4 + 4 * static_cast<std::size_t>(rank); }

std::uint64_t value_count(const std::vector<std::uint32_t>& shape) {
  std::uint64_t count = 1;  // stops growing at the limit, so that it cannot overflow
  for (const std::uint32_t size : shape) count = std::min(count * size, kMaxIdxValues + 1);
  return count;
}

std::vector<std::uint32_t> read_header(ByteReader& reader, int rank) {
  assert(rank == 1 || rank == 3);
  std::array<std::uint8_t, 16> header{};
  const std::size_t expected = header_size(rank);
  const std::size_t got = reader.read(std::span(header).first(expected));
  const std::uint32_t magic = big_endian(header.data());
  const std::uint32_t expected_magic = kUnsignedBytes + static_cast<std::uint32_t>(rank);
  if (magic >> 16 != 0) {  // every IDX file begins with two zeros
    fail(ErrorKind::kData,
         "{}: not an IDX file, plain or gzip; give one in the format of MNIST's files",
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
  ByteReader reader(path);
  return read_header(reader, rank);
}

IdxArray read_idx(const std::filesystem::path& path, int rank) {
  ByteReader reader(path);
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
           reader.name(), header_size(rank) + done, reader.unit(), header_size(rank) + expected,
           fmt::join(array.shape, " x "));
    }
  }
  std::uint8_t beyond = 0;
  if (reader.read({&beyond, 1}) > 0) {
    fail(ErrorKind::kData,
         "{}: trailing bytes: got more than the {} {} of its shape {}; fetch it again",
         reader.name(), header_size(rank) + expected, reader.unit(), fmt::join(array.shape, " x "));
  }
  if (reader.cut_off()) {
    fail(ErrorKind::kData,
         "{}: truncated: got all {} {}, but not the end of the gzip data; fetch it again",
         reader.name(), header_size(rank) + expected, reader.unit());
  }
  return array;
}

}  // namespace spvae
