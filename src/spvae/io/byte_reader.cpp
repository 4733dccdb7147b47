#include "spvae/io/byte_reader.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "spvae/core/error.h"
#include "spvae/io/inflater.h"

namespace spvae {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;
constexpr std::array<std::uint8_t, 2> kGzipMark = {0x1f, 0x8b};
constexpr std::array<std::uint8_t, 6> kXzMark = {0xfd, '7', 'z', 'X', 'Z', 0};
/// Dictionaries of 64 MB, the largest that xz -9 makes, need little more.
constexpr std::uint64_t kMostXzMemory = std::uint64_t{128} << 20;

/// A file, block by block.
class Blocks {
 public:
  Blocks(const std::filesystem::path& path, std::string_view wanted) : name_(path.string()) {
    refuse_irregular_file(path, wanted);
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_) {
      fail(ErrorKind::kNoInput, "{}: cannot be opened ({}); expected {}, plain, gzip or xz", name_,
           std::strerror(errno), wanted);
    }
    read_on();
  }

  const std::string& name() const { return name_; }
  /// What of the block at hand is not used yet.
  std::span<const std::uint8_t>& bytes() { return bytes_; }

  /// Has at least one unused byte at hand; false at the file's end.
  bool fill() {
    if (bytes_.empty() && !ended_) read_on();
    return !bytes_.empty();
  }

  /// Whether what comes next is `mark`, which may reach into the next block.
  bool starts_with(std::span<const std::uint8_t> mark) {
    if (bytes_.size() < mark.size() && !ended_) read_on();
    return bytes_.size() >= mark.size() && std::ranges::equal(bytes_.first(mark.size()), mark);
  }

 private:
  /// The next block, behind what is left of the one at hand.
  void read_on() {
    const std::size_t kept = bytes_.size();
    std::copy(bytes_.begin(), bytes_.end(), block_.begin());
    const std::size_t got = std::fread(&block_[kept], 1, kBlock - kept, file_.get());
    if (std::ferror(file_.get()) != 0) {
      fail(ErrorKind::kIo, "{}: reading failed ({})", name_, std::strerror(errno));
    }
    ended_ = got < kBlock - kept;
    bytes_ = std::span(block_).first(kept + got);
  }

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;
  std::array<std::uint8_t, kBlock> block_;
  std::span<const std::uint8_t> bytes_;
  bool ended_ = false;
};

}  // namespace

class ByteReader::Source {
 public:
  explicit Source(std::unique_ptr<Blocks> blocks) : blocks_(std::move(blocks)) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  virtual std::size_t read(std::span<std::uint8_t> out) = 0;
  /// "gzip", "xz"; null for plain bytes.
  virtual const char* packing() const { return nullptr; }
  /// Whether the packed data ended before their own end mark.
  bool cut_off() const { return cut_off_; }

 protected:
  std::unique_ptr<Blocks> blocks_;
  bool cut_off_ = false;
};

namespace {

class PlainSource : public ByteReader::Source {
 public:
  using Source::Source;

  std::size_t read(std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size() && blocks_->fill()) {
      std::span<const std::uint8_t>& in = blocks_->bytes();
      const std::size_t count = std::min(out.size() - done, in.size());
      std::copy_n(in.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
      in = in.subspan(count);
      done += count;
    }
    return done;
  }
};

class GzipSource : public ByteReader::Source {
 public:
  using Source::Source;

  const char* packing() const override { return "gzip"; }

  std::size_t read(std::span<std::uint8_t> out) override {
    using Status = detail::Inflater::Status;
    std::span<std::uint8_t> room = out;
    while (!room.empty() && !ended_) {
      if (!blocks_->fill()) {
        ended_ = cut_off_ = true;
        break;
      }
      switch (inflater_.unpack(blocks_->bytes(), room)) {
        case Status::kGoesOn:
          break;
        case Status::kEnded:
          ended_ = !next_member();
          break;
        case Status::kDamaged:
          fail(ErrorKind::kData, "{}: the gzip data are damaged ({}); fetch the file again",
               blocks_->name(), inflater_.fault());
      }
    }
    return out.size() - room.size();
  }

 private:
  /// After the end of a gzip member: nothing, or another member.
  bool next_member() {
    if (!blocks_->fill()) return false;
    if (!blocks_->starts_with(kGzipMark)) {
      fail(ErrorKind::kData, "{}: other bytes follow the gzip data; fetch the file again",
           blocks_->name());
    }
    inflater_.restart();
    return true;
  }

  detail::Inflater inflater_{detail::Inflater::Format::kGzip};
  bool ended_ = false;
};

class XzSource : public ByteReader::Source {
 public:
  explicit XzSource(std::unique_ptr<Blocks> blocks) : Source(std::move(blocks)) {
    if (lzma_stream_decoder(&stream_, kMostXzMemory, LZMA_CONCATENATED) != LZMA_OK) {
      throw std::bad_alloc();
    }
  }
  ~XzSource() override { lzma_end(&stream_); }

  const char* packing() const override { return "xz"; }

  std::size_t read(std::span<std::uint8_t> out) override {
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    while (stream_.avail_out > 0 && !ended_) {
      const bool has_input = blocks_->fill();
      std::span<const std::uint8_t>& in = blocks_->bytes();
      stream_.next_in = in.data();
      stream_.avail_in = in.size();
      const lzma_ret status = lzma_code(&stream_, has_input ? LZMA_RUN : LZMA_FINISH);
      in = in.last(stream_.avail_in);
      ended_ = status != LZMA_OK;
      if (ended_) check(status);
    }
    return out.size() - stream_.avail_out;
  }

 private:
  void check(lzma_ret status) {
    switch (status) {
      case LZMA_STREAM_END:
        return;
      case LZMA_BUF_ERROR:  // no progress: there is no more input
        cut_off_ = true;
        return;
      case LZMA_MEM_ERROR:
        throw std::bad_alloc();
      case LZMA_MEMLIMIT_ERROR:
        fail(ErrorKind::kData,
             "{}: the xz data need {} MB of memory to unpack, expected at most {}; pack the file "
             "anew with a smaller dictionary (xz -9 or less)",
             blocks_->name(), lzma_memusage(&stream_) >> 20, kMostXzMemory >> 20);
      case LZMA_OPTIONS_ERROR:
        fail(ErrorKind::kData,
             "{}: the xz data use what this program's liblzma cannot unpack; pack the file anew",
             blocks_->name());
      default:
        fail(ErrorKind::kData,
             "{}: the xz data are damaged, or other bytes follow them; fetch the file again",
             blocks_->name());
    }
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

std::unique_ptr<ByteReader::Source> open_source(const std::filesystem::path& path,
                                                std::string_view wanted) {
  auto blocks = std::make_unique<Blocks>(path, wanted);
  if (blocks->starts_with(kGzipMark)) return std::make_unique<GzipSource>(std::move(blocks));
  if (blocks->starts_with(kXzMark)) return std::make_unique<XzSource>(std::move(blocks));
  return std::make_unique<PlainSource>(std::move(blocks));
}

}  // namespace

void refuse_irregular_file(const std::filesystem::path& path, std::string_view wanted) {
  std::error_code absent;
  const std::filesystem::file_status status = std::filesystem::status(path, absent);
  if (std::filesystem::is_directory(status)) {
    fail(ErrorKind::kNoInput, "{}: is a folder; expected {}", path.string(), wanted);
  }
  // What holds images is opened more than once, and a pipe that nobody writes to never.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    fail(ErrorKind::kNoInput, "{}: is a pipe or a device; expected {}, in a file", path.string(),
         wanted);
  }
}

ByteReader::ByteReader(const std::filesystem::path& path, std::string_view wanted)
    : path_(path), source_(open_source(path, wanted)) {}

ByteReader::~ByteReader() = default;

std::size_t ByteReader::read(std::span<std::uint8_t> out) { return source_->read(out); }

const char* ByteReader::unit() const {
  return source_->packing() != nullptr ? "unpacked bytes" : "bytes";
}

void ByteReader::expect_end(const std::string& content) {
  std::uint8_t beyond = 0;
  if (read({&beyond, 1}) > 0) {
    fail(ErrorKind::kData, "{}: trailing bytes: got more than the {}; fetch it again", name(),
         content);
  }
  if (source_->cut_off()) {
    fail(ErrorKind::kData, "{}: truncated: got {}, but not the end of the {} data; fetch it again",
         name(), content, source_->packing());
  }
}

}  // namespace spvae
