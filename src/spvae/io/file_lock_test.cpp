#include "spvae/io/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using testing::expect_error;

class FileLockTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "lock";
};

TEST_F(FileLockTest, KeepsASecondOneOutAndNamesTheOwner) {
  const FileLock lock(path_);
  expect_error(ErrorKind::kCannotCreate,
               fmt::format("{}: another process {} works", path_.string(), ::getpid()),
               [&] { FileLock second(path_); });
}

TEST_F(FileLockTest, IsFreeAgainAfterItsEnd) {
  for (int repetition = 0; repetition < 3; ++repetition) {
    const FileLock lock(path_);
    EXPECT_EQ(read_file(path_), fmt::format("{}\n", ::getpid()));
  }
}

TEST_F(FileLockTest, MovesWithItsOwner) {
  std::optional<FileLock> moved;
  {
    FileLock lock(path_);
    moved.emplace(std::move(lock));
  }
  expect_error(ErrorKind::kCannotCreate, "another process", [&] { FileLock second(path_); });
  moved.reset();
  const FileLock again(path_);
}

TEST_F(FileLockTest, IsReleasedWhenItsProcessIsKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FileLock lock(path_);
    [[maybe_unused]] const ssize_t told = write(ready[1], "x", 1);
    pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  expect_error(ErrorKind::kCannotCreate, fmt::format("another process {} works", child),
               [&] { FileLock second(path_); });
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const FileLock lock(path_);
}

TEST_F(FileLockTest, SurvivesAStrangeContentOfTheFile) {
  folder_.write("lock", testing::Bytes(1000, 'x'));
  const FileLock lock(path_);
  EXPECT_EQ(read_file(path_), fmt::format("{}\n", ::getpid()));
  folder_.write("lock", testing::Bytes(1000, '7'));
  expect_error(ErrorKind::kCannotCreate, "another process 7", [&] { FileLock second(path_); });
}

TEST_F(FileLockTest, NamesAFileThatCannotBeMade) {
  expect_error(ErrorKind::kCannotCreate, "none/lock",
               [&] { FileLock lock(folder_.path() / "none/lock"); });
}

}  // namespace
}  // namespace spvae
