#include "spvae/io/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "spvae/core/error.h"
#include "spvae/io/packed_testing.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using ::testing::ElementsAre;
using testing::gzip;
using ::testing::HasSubstr;
using testing::idx_file;
using testing::xz;

/// The Error of reading `path`, as "kind: message"; the message must name the path.
std::string error_of(const std::filesystem::path& path, int rank = 3) {
  try {
    read_idx(path, rank);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    const char* kind = error.kind() == ErrorKind::kData      ? "data: "
                       : error.kind() == ErrorKind::kNoInput ? "no input: "
                                                             : "other: ";
    return kind + std::string(error.what());
  }
  return "no error";
}

class Idx : public ::testing::Test {
 protected:
  std::string error_of_bytes(const Bytes& bytes, int rank = 3) const {
    return error_of(folder_.write("file", bytes), rank);
  }

  testing::TemporaryFolder folder_;
  const Bytes values_ = {1, 2, 3, 250, 251, 252, 7, 8, 9, 10, 11, 12};
  const Bytes file_ = idx_file({2, 2, 3}, values_);
};

TEST_F(Idx, ReadsPlainGzipAndXzByContentWhateverTheName) {
  for (const auto& path : {folder_.write("plain.gz", file_), folder_.write("gzip", gzip(file_)),
                           folder_.write("xz.gz", xz(file_))}) {
    const IdxArray array = read_idx(path, 3);
    EXPECT_THAT(array.shape, ElementsAre(2, 2, 3));
    EXPECT_EQ(array.values, values_);
    EXPECT_EQ(read_idx_shape(path, 3), array.shape);
    EXPECT_EQ(idx_size(array.shape), file_.size());
  }
}

TEST_F(Idx, ReadsRankOne) {
  const IdxArray array = read_idx(folder_.write("labels", idx_file({3}, {5, 0, 4})), 1);
  EXPECT_THAT(array.shape, ElementsAre(3));
  EXPECT_THAT(array.values, ElementsAre(5, 0, 4));
}

TEST_F(Idx, ReadsManyBlocks) {
  Bytes values(std::size_t{3} << 20);
  std::uint32_t state = 1;  // noise, so that the packed file has many blocks too
  for (auto& value : values) value = static_cast<std::uint8_t>((state = state * 1664525 + 1) >> 24);
  const Bytes file = idx_file({3, 1024, 1024}, values);
  EXPECT_EQ(read_idx(folder_.write("plain", file), 3).values, values);
  EXPECT_EQ(read_idx(folder_.write("gzip", gzip(file)), 3).values, values);
}

TEST_F(Idx, ReadsSeveralGzipMembersWhereverTheyMeet) {
  // The first member ends one byte before, at, and one byte after the end of a block of 64 KiB.
  for (const std::size_t wanted : {65535u, 65536u, 65537u}) {
    Bytes values(80000);
    std::uint32_t state = 1;
    for (auto& value : values) {
      value = static_cast<std::uint8_t>((state = state * 1664525 + 1) >> 24);
    }
    const Bytes file = idx_file({80, 1000, 1}, values);
    const auto first_member = [&](std::size_t size) {
      return gzip(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)),
                  Z_NO_COMPRESSION);
    };
    std::size_t split = wanted - 64;
    while (first_member(split).size() < wanted) ++split;
    const auto middle = file.begin() + static_cast<std::ptrdiff_t>(split);
    Bytes packed = first_member(split);
    ASSERT_EQ(packed.size(), wanted);
    const Bytes second = gzip(Bytes(middle, file.end()));
    packed.insert(packed.end(), second.begin(), second.end());
    EXPECT_EQ(read_idx(folder_.write("gzip", packed), 3).values, values);
  }
}

TEST_F(Idx, MissingFileIsNoInputAndNamesThePath) {
  EXPECT_THAT(error_of(folder_.path() / "absent"), HasSubstr("no input: "));
  EXPECT_THAT(error_of(folder_.path()), AllOf(HasSubstr("no input: "), HasSubstr("is a folder")));
}

TEST_F(Idx, EveryTruncationIsReported) {
  for (std::size_t size = 0; size < file_.size(); ++size) {
    const Bytes part(file_.begin(), file_.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THAT(error_of_bytes(part),
                AllOf(HasSubstr("data: "), HasSubstr("truncated: got " + std::to_string(size)),
                      HasSubstr(size < 16 ? "header of 16" : "expected 28 (shape 2 x 2 x 3)")));
  }
  const Bytes packed = gzip(file_);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const Bytes part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THAT(error_of_bytes(part), AllOf(HasSubstr("data: "), HasSubstr("truncated: got ")))
        << size;
  }
}

TEST_F(Idx, DamagedGzipIsReported) {
  Bytes packed = gzip(file_);
  packed[packed.size() - 5] ^= 1;  // the check sum
  EXPECT_THAT(error_of_bytes(packed), AllOf(HasSubstr("data: "), HasSubstr("damaged")));
}

TEST_F(Idx, WrongMagicNumberIsReported) {
  EXPECT_THAT(error_of_bytes(file_, 1),
              AllOf(HasSubstr("data: "), HasSubstr("got 0x00000803, expected 0x00000801")));
  Bytes floats = file_;
  floats[2] = 0x0d;
  EXPECT_THAT(error_of_bytes(gzip(floats)),
              AllOf(HasSubstr("data: "), HasSubstr("got 0x00000d03, expected 0x00000803")));
}

TEST_F(Idx, OtherFilesAreNoIdxFiles) {
  for (const Bytes& bytes : {Bytes{'P', 'N', 'G', 0}, Bytes{'x'}, Bytes{0, '1'}, Bytes(100, '{')}) {
    for (const Bytes& file : {bytes, gzip(bytes)}) {
      EXPECT_THAT(error_of_bytes(file), AllOf(HasSubstr("data: "), HasSubstr("not an IDX file")));
    }
  }
}

TEST_F(Idx, EveryDamageSaysToFetchTheFileAgain) {
  Bytes longer = file_;
  longer.push_back(0);
  Bytes behind = gzip(file_);
  behind.push_back(7);
  for (const Bytes& bytes : {Bytes{}, Bytes(file_.begin(), file_.begin() + 9), longer, behind,
                             idx_file({0, 2, 3}, {}), idx_file({2, 6}, values_)}) {
    EXPECT_THAT(error_of_bytes(bytes), AllOf(HasSubstr("fetch "), ::testing::EndsWith(" again")));
  }
}

TEST_F(Idx, TrailingBytesAreReported) {
  Bytes longer = file_;
  longer.push_back(0);
  EXPECT_THAT(error_of_bytes(longer), AllOf(HasSubstr("data: "), HasSubstr("trailing bytes")));
  EXPECT_THAT(error_of_bytes(gzip(longer)),
              AllOf(HasSubstr("data: "), HasSubstr("more than the 28 unpacked bytes")));
  Bytes behind = gzip(file_);
  behind.push_back(0x1f);
  EXPECT_THAT(error_of_bytes(behind),
              AllOf(HasSubstr("data: "), HasSubstr("other bytes follow the gzip data")));
}

TEST_F(Idx, EmptyAxesAreReported) {
  EXPECT_THAT(error_of_bytes(idx_file({0, 28, 28}, {})),
              AllOf(HasSubstr("data: "), HasSubstr("got the shape 0 x 28 x 28")));
  EXPECT_THAT(error_of_bytes(idx_file({5, 28, 0}, {})), HasSubstr("data: "));
}

TEST_F(Idx, AbsurdSizesAreReportedWithoutMemory) {
  EXPECT_THAT(error_of_bytes(idx_file({0xffffffff, 0xffffffff, 0xffffffff}, {})),
              AllOf(HasSubstr("data: "), HasSubstr("absurd size")));
  // Within the limit, but the file holds far less than it claims.
  EXPECT_THAT(error_of_bytes(idx_file({1 << 10, 1 << 10, 1 << 10}, {1, 2, 3})),
              HasSubstr("truncated: got 19 bytes, expected 1073741840"));
}

}  // namespace
}  // namespace spvae
