#include "spvae/data/source_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/core/error.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

template <class Function>
std::string no_input_error(Function function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoInput);
    return error.what();
  }
  return "no error";
}

TEST(SourceFiles, SearchOrderIsEnvironmentInstallationBuildTree) {
  const auto folders = data_folders("/elsewhere", "/src/build/release/spvae");
  ASSERT_GE(folders.size(), 3u);
  EXPECT_EQ(folders[0], "/elsewhere");
  EXPECT_EQ(folders[2], "/src/data");
  EXPECT_EQ(data_folders(nullptr, "/usr/bin/spvae")[0], "/usr/share/spvae/data");
  EXPECT_EQ(data_folders("", "/usr/bin/spvae"), data_folders(nullptr, "/usr/bin/spvae"));
  EXPECT_EQ(data_folders(nullptr, "").size() + 2, data_folders(nullptr, "/usr/bin/spvae").size());
}

TEST(SourceFiles, TheFirstFolderThatHasTheSetWins) {
  const testing::TemporaryFolder folder;
  const fs::path empty = folder.path() / "empty";
  const fs::path first = folder.path() / "first";
  const fs::path second = folder.path() / "second";
  fs::create_directories(empty);
  fs::create_directories(first / "letters");
  fs::create_directories(second / "letters");
  EXPECT_EQ(find_data_folder("letters", {empty, first, second}), first / "letters");
  EXPECT_THAT(no_input_error([&] { find_data_folder("letters", {empty, folder.path()}); }),
              AllOf(HasSubstr("letters"), HasSubstr(empty.string() + ", " + folder.path().string()),
                    HasSubstr("SPVAE_DATA")));
}

TEST(SourceFiles, ThePlainFileStandsInForThePackedOne) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(no_input_error([&] { find_source_file(folder.path(), "images.gz"); }),
              HasSubstr((folder.path() / "images.gz").string()));
  folder.write("images", {1});
  EXPECT_EQ(find_source_file(folder.path(), "images.gz"), folder.path() / "images");
  folder.write("images.gz", {1});
  EXPECT_EQ(find_source_file(folder.path(), "images.gz"), folder.path() / "images.gz");
}

}  // namespace
}  // namespace spvae
