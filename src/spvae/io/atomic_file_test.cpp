#include "spvae/io/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/file_size_limit_testing.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;

class AtomicFile : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      result.push_back(entry.path().filename());
    }
    std::ranges::sort(result);
    return result;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(AtomicFile, MakesAndReplacesAFileAndLeavesNothingElse) {
  for (const std::string& content :
       {std::string("first"), std::string(), std::string(300000, '\0')}) {
    write_file_atomically(path("file"), content);
    EXPECT_EQ(read_file(path("file")), content);
    EXPECT_EQ(names(), std::vector<std::string>{"file"});
  }
}

TEST_F(AtomicFile, KeepsTheFormerFileWhenTheDiskIsFull) {
  write_file_atomically(path("file"), "former");
  {
    const testing::FileSizeLimit limit(1000);
    expect_error(ErrorKind::kIo, path("file").string() + ": writing failed (File too large)",
                 [&] { write_file_atomically(path("file"), std::string(5000, 'x')); });
    expect_error(ErrorKind::kIo, "unchanged",
                 [&] { write_file_atomically(path("other"), std::string(5000, 'x')); });
  }
  EXPECT_EQ(read_file(path("file")), "former");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

TEST_F(AtomicFile, NamesThePathWhoseFolderIsMissing) {
  expect_error(ErrorKind::kCannotCreate, path("none/file").string(),
               [&] { write_file_atomically(path("none/file"), "x"); });
  write_file_atomically(path("file"), "former");
  expect_error(ErrorKind::kCannotCreate, "Not a directory",
               [&] { write_file_atomically(path("file") / "below", "x"); });
}

TEST_F(AtomicFile, ReplacesNeitherAFolderNorADevice) {
  fs::create_directory(path("folder"));
  expect_error(ErrorKind::kCannotCreate, "is a folder",
               [&] { write_file_atomically(path("folder"), "x"); });
  expect_error(ErrorKind::kCannotCreate, "not an ordinary file",
               [] { write_file_atomically("/dev/null", "x"); });
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  expect_error(ErrorKind::kCannotCreate, "expected the path of a file",
               [&] { write_file_atomically(path("folder/"), "x"); });
  expect_error(ErrorKind::kCannotCreate, "expected the path of a file",
               [] { write_file_atomically("", "x"); });
}

TEST_F(AtomicFile, FollowsALinkAndKeepsPermissions) {
  write_file_atomically(path("file"), "former");
  fs::permissions(path("file"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("file", path("link"));
  write_file_atomically(path("link"), "later");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_file(path("file")), "later");
  EXPECT_EQ(fs::status(path("file")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AtomicFile, PassesByWhatAKilledProcessLeftBehind) {
  for (int number = 0; number < 200; ++number) {
    folder_.write(fmt::format(".spvae-tmp-{}-{}", ::getpid(), number), {'x'});
  }
  write_file_atomically(path("file"), "content");
  EXPECT_EQ(read_file(path("file")), "content");
  EXPECT_EQ(names().size(), 201u);
}

TEST_F(AtomicFile, RemovesWhatKilledProcessesLeftBehindAndNothingElse) {
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(ended, nullptr, 0), ended);
  const std::string living = fmt::format(".spvae-tmp-{}-0", ::getpid());
  folder_.write(living, {'x'});
  folder_.write(fmt::format(".spvae-tmp-{}-0", ended), {'x'});
  folder_.write(".spvae-tmp-mine", {'x'});
  folder_.write("file", {'x'});
  remove_temporary_files(folder_.path());
  EXPECT_EQ(names(), (std::vector<std::string>{living, ".spvae-tmp-mine", "file"}));
}

TEST_F(AtomicFile, TakesTheLongestNamesAndNamesRelativeToTheFolder) {
  const std::string longest(255, 'n');
  write_file_atomically(path(longest), "content");
  EXPECT_EQ(read_file(path(longest)), "content");

  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  write_file_atomically("relative", "content");
  fs::current_path(before);
  EXPECT_EQ(read_file(path("relative")), "content");
}

}  // namespace
}  // namespace spvae
