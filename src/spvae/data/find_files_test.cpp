#include "spvae/data/find_files.h"

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

constexpr std::string_view kFolders[] = {"letters", "letters-bin"};
constexpr KnownFile kTraining[] = {{"one", ""}, {"two", ""}};
constexpr KnownFile kTest[] = {{"test", ""}};
constexpr KnownSource kSources[] = {{ImageFormat::kIdx, kTraining}, {ImageFormat::kIdx, kTest}};
constexpr KnownSet kLetters = {.name = "letters",
                               .folders = kFolders,
                               .published = "https://letters.example/",
                               .sources = kSources,
                               .division = {}};

class SetFolder : public ::testing::Test {
 protected:
  /// A folder with these files.
  fs::path make(const std::string& name, const std::vector<std::string>& files) const {
    fs::create_directories(folder_.path() / name);
    for (const std::string& file : files) folder_.write(name + "/" + file, {1});
    return folder_.path() / name;
  }
  fs::path find(const fs::path& data_dir, const std::vector<fs::path>& folders) const {
    return find_set_folder(kLetters, data_dir, folders);
  }

  testing::TemporaryFolder folder_;
  const fs::path path_ = folder_.path();
  const std::vector<std::string> all_ = {"one", "two.gz", "test.xz"};
};

TEST_F(SetFolder, IsTheFirstThatHasAllFilesUnderEitherName) {
  make("empty", {});
  make("first/letters", {"one", "test"});
  const fs::path second = make("second/letters-bin", all_);
  make("third/letters", all_);
  EXPECT_EQ(find("", {path_ / "empty", path_ / "first", path_ / "second", path_ / "third"}),
            second);
}

TEST_F(SetFolder, IsLookedForInTheDataDirFirst) {
  const fs::path named = make("first/letters", all_);
  const fs::path bare = make("bare", all_);
  const fs::path other = make("second/letters", all_);
  EXPECT_EQ(find(path_ / "first", {path_ / "second"}), named);
  EXPECT_EQ(find(bare, {path_ / "second"}), bare);
  EXPECT_EQ(find(make("empty", {}), {path_ / "second"}), other);
}

TEST_F(SetFolder, ThatIsIncompleteIsAnErrorThatSaysWhatIsMissing) {
  const fs::path first = make("first/letters", {"one"});
  const fs::path bare = make("bare", {"two.xz", "test"});
  EXPECT_THAT(no_input_error([&] { find("", {path_ / "first"}); }),
              AllOf(HasSubstr("data set letters: two, test are missing in " + first.string()),
                    HasSubstr("https://letters.example/"), HasSubstr("--data-dir")));
  EXPECT_THAT(no_input_error([&] { find(bare, {path_ / "first"}); }),
              HasSubstr("one is missing in " + bare.string()));
}

TEST_F(SetFolder, ThatIsNowhereIsAnErrorThatSaysWhereToGetTheSet) {
  const fs::path empty = make("empty", {});
  EXPECT_THAT(no_input_error([&] { find(empty, {path_ / "a", path_}); }),
              AllOf(HasSubstr("no folder letters or letters-bin in any of: " + empty.string() +
                              ", " + (path_ / "a").string() + ", " + path_.string()),
                    HasSubstr("https://letters.example/"), HasSubstr("--data-dir")));
  EXPECT_THAT(no_input_error([&] { find(path_ / "absent", {}); }),
              AllOf(HasSubstr("data-dir: got "), HasSubstr("absent"), HasSubstr("say --data-dir")));
}

TEST(SourceFiles, ThePlainFileIsPreferredToThePackedOnes) {
  const testing::TemporaryFolder folder;
  const fs::path& path = folder.path();
  EXPECT_THAT(no_input_error([&] { find_source_file(path, "images"); }),
              HasSubstr((path / "images").string()));
  for (const std::string name : {"images.xz", "images.gz", "images"}) {
    folder.write(name, {1});
    EXPECT_EQ(find_source_file(path, "images"), path / name);
  }
}

TEST(SourceFiles, MayHaveADotWhereMnistsNamesHaveADash) {
  const testing::TemporaryFolder folder;
  folder.write("train-images.idx3-ubyte.gz", {1});
  EXPECT_EQ(find_source_file(folder.path(), "train-images-idx3-ubyte"),
            folder.path() / "train-images.idx3-ubyte.gz");
  folder.write("train-images-idx3-ubyte.xz", {1});
  EXPECT_EQ(find_source_file(folder.path(), "train-images-idx3-ubyte"),
            folder.path() / "train-images-idx3-ubyte.xz");
}

TEST(SourceFiles, UnpackedNamesLackTheEnding) {
  EXPECT_EQ(unpacked_name("A.NPY.GZ"), "A.NPY");
  EXPECT_EQ(unpacked_name("a/images-idx3.gz"), "images-idx3");
  EXPECT_EQ(unpacked_name("test_batch.bin.xz"), "test_batch.bin");
  EXPECT_EQ(unpacked_name("train_32x32.mat"), "train_32x32.mat");
}

}  // namespace
}  // namespace spvae
