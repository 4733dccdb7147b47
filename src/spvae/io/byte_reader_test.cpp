#include "spvae/io/byte_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/packed_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using testing::gzip;
using testing::joined;
using testing::noise;
using testing::xz;

/// All that a file holds, read in pieces of one size, and that it ends there.
Bytes read_all(const std::filesystem::path& path, std::size_t piece = 1000) {
  ByteReader reader(path, "a test file");
  Bytes all;
  Bytes block(piece);
  for (std::size_t got = piece; got == piece;) {
    got = reader.read(block);
    all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  reader.expect_end("what it holds");
  return all;
}

class Reader : public ::testing::Test {
 protected:
  void expect_refusal(const Bytes& file, const std::string& part) const {
    expect_error(ErrorKind::kData, part, [&] { read_all(folder_.write("file", file)); });
  }

  testing::TemporaryFolder folder_;
  const Bytes bytes_ = noise(200000);
};

TEST_F(Reader, ReadsPlainGzipAndXzByContentInPiecesOfAnySize) {
  for (const Bytes& file : {bytes_, gzip(bytes_), xz(bytes_)}) {
    for (const std::size_t piece : {1u, 7u, 65536u, 1000000u}) {
      EXPECT_EQ(read_all(folder_.write("file", file), piece), bytes_);
    }
  }
}

TEST_F(Reader, ReadsEmptyFilesAndEmptyPackedData) {
  for (const Bytes& file : {Bytes{}, gzip({}), xz({})}) {
    EXPECT_EQ(read_all(folder_.write("file", file)), Bytes{});
  }
}

TEST_F(Reader, JoinsTheMembersOfGzipAndTheStreamsOfXz) {
  const Bytes more = noise(70000, 2);
  const Bytes all = joined({bytes_, more});
  EXPECT_EQ(read_all(folder_.write("file", joined({gzip(bytes_), gzip({}), gzip(more)}))), all);
  EXPECT_EQ(read_all(folder_.write("file", joined({xz(bytes_), xz({}), xz(more)}))), all);
  // Between and behind streams of xz, zeros in fours are padding.
  const Bytes padding(8, 0);
  EXPECT_EQ(read_all(folder_.write("file", joined({xz(bytes_), padding, xz(more), padding}))), all);
}

TEST_F(Reader, ReportsEveryTruncation) {
  const Bytes few = noise(300);
  for (const Bytes& whole : {gzip(few), xz(few)}) {
    for (std::size_t size = whole == gzip(few) ? 2 : 6; size < whole.size(); ++size) {
      expect_refusal(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
                     "truncated: got what it holds, but not the end of the ");
    }
  }
}

TEST_F(Reader, ReportsDamage) {
  Bytes packed = gzip(bytes_);
  packed[packed.size() - 5] ^= 1;  // the check sum
  expect_refusal(packed, "the gzip data are damaged");
  packed = xz(bytes_);
  packed[packed.size() / 2] ^= 1;
  expect_refusal(packed, "the xz data are damaged");
}

TEST_F(Reader, ReportsWhatFollowsPackedData) {
  expect_refusal(joined({gzip(bytes_), {7}}), "other bytes follow the gzip data");
  expect_refusal(joined({gzip(bytes_), {0x1f}}), "other bytes follow the gzip data");
  expect_refusal(joined({xz(bytes_), Bytes(12, 'x')}), "or other bytes follow them");
  expect_refusal(joined({xz(bytes_), {0, 0}}), "or other bytes follow them");
}

TEST_F(Reader, RefusesXzDataThatNeedTooMuchMemory) {
  expect_refusal(xz(bytes_, 512u << 20), "expected at most 128; pack the file anew");
}

TEST_F(Reader, ReportsBytesThatWereNotExpected) {
  ByteReader reader(folder_.write("file", {1, 2, 3}), "a test file");
  Bytes block(2);
  EXPECT_EQ(reader.read(block), 2u);
  expect_error(ErrorKind::kData, "file: trailing bytes: got more than the 2 bytes",
               [&] { reader.expect_end("2 bytes"); });
}

TEST_F(Reader, RefusesWhatIsNoFileAndSaysWhatItShouldBe) {
  expect_error(ErrorKind::kNoInput, "expected a test file, plain, gzip or xz",
               [&] { read_all(folder_.path() / "absent"); });
  expect_error(ErrorKind::kNoInput, "is a folder; expected a test file",
               [&] { read_all(folder_.path()); });
  const std::filesystem::path pipe = folder_.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::filesystem::path& other : {pipe, std::filesystem::path("/dev/zero")}) {
    expect_error(ErrorKind::kNoInput, "is a pipe or a device; expected a test file, in a file",
                 [&] { read_all(other); });
  }
}

}  // namespace
}  // namespace spvae
