#include "spvae/io/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "spvae/core/error_testing.h"
#include "spvae/io/file_size_limit_testing.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using testing::expect_error;

class FileTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  testing::TemporaryFolder folder_;
};

TEST_F(FileTest, IsReadAsItIs) {
  for (const std::size_t size : {0u, 1u, 4095u, 4096u, 4097u, 100000u}) {
    testing::Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    const std::string content = read_file(folder_.write("bytes", bytes));
    EXPECT_EQ(content, std::string(bytes.begin(), bytes.end())) << size << " bytes";
  }
}

TEST_F(FileTest, IsReadToItsEndIfItIsAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const FileDescriptor out(ends[0]);
  FileDescriptor in(ends[1]);
  const std::string text(500000, 'x');
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(detail::write_all(in.get(), text));
    in.close();
  });
  EXPECT_EQ(read_file("/dev/fd/" + std::to_string(out.get())), text);
}

TEST_F(FileTest, IsNoInputIfItIsADevice) {
  expect_error(ErrorKind::kNoInput, "/dev/zero: is a device", [] { read_file("/dev/zero"); });
}

TEST_F(FileTest, IsNoInputIfItCannotBeOpened) {
  expect_error(ErrorKind::kNoInput, "No such file", [&] { read_file(path("missing")); });
  expect_error(ErrorKind::kNoInput, "folder", [&] { read_file(folder_.path()); });
  expect_error(ErrorKind::kNoInput, "Not a directory",
               [&] { read_file(folder_.write("file", {}) / "below"); });
}

TEST(FileName, HasAnEndingWhateverItsCase) {
  EXPECT_EQ(ending_of("a/b.PNG"), ".png");
  EXPECT_EQ(ending_of("a/b.c.Npy"), ".npy");
  EXPECT_EQ(ending_of("a.b/c"), "");
}

TEST_F(FileTest, GrowsByWholeLines) {
  append_line(path("lines"), "one");
  append_line(path("lines"), "");
  append_line(path("lines"), "three");
  EXPECT_EQ(read_file(path("lines")), "one\n\nthree\n");
}

TEST_F(FileTest, HoldsNoHalfLineWhenTheDiskIsFull) {
  append_line(path("lines"), "first");
  {
    const testing::FileSizeLimit limit(10);
    expect_error(ErrorKind::kIo, "as it was before",
                 [&] { append_line(path("lines"), "longer than what is left"); });
  }
  EXPECT_EQ(read_file(path("lines")), "first\n");
  append_line(path("lines"), "second");
  EXPECT_EQ(read_file(path("lines")), "first\nsecond\n");
}

TEST_F(FileTest, TellsTheSystemsReasonWhenALineCannotBeAppended) {
  expect_error(ErrorKind::kIo, "No space left", [] { append_line("/dev/full", "line"); });
  expect_error(ErrorKind::kCannotCreate, "No such file",
               [&] { append_line(path("missing/lines"), "line"); });
  expect_error(ErrorKind::kCannotCreate, folder_.path().string(),
               [&] { append_line(folder_.path(), "line"); });
}

TEST_F(FileTest, IsCutBackToALength) {
  const std::filesystem::path file = folder_.write("file", {'a', 'b', 'c', 'd'});
  truncate_file(file, 4);
  EXPECT_EQ(read_file(file), "abcd");
  truncate_file(file, 2);
  EXPECT_EQ(read_file(file), "ab");
  truncate_file(file, 0);
  EXPECT_EQ(read_file(file), "");
}

TEST_F(FileTest, IsNeverCutToMoreThanItHolds) {
  const std::filesystem::path file = folder_.write("file", {'a', 'b'});
  expect_error(ErrorKind::kData, "got 2 bytes, expected at least 3",
               [&] { truncate_file(file, 3); });
  EXPECT_EQ(read_file(file), "ab");
  expect_error(ErrorKind::kNoInput, "missing", [&] { truncate_file(path("missing"), 0); });
}

}  // namespace
}  // namespace spvae
