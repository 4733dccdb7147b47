#include "spvae/data/png_folder.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using testing::expect_error;
using Names = std::vector<std::string>;

class Folder : public ::testing::Test {
 protected:
  void touch(const std::string& name) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    folder_.write(name, {1});
  }
  Names names(const PngFiles& files) const {
    Names result;
    for (const auto& file : files.files) {
      result.push_back(std::filesystem::relative(file, folder_.path()).string());
    }
    return result;
  }
  void expect_refused(const std::string& part) const {
    expect_error(ErrorKind::kData, part, [&] { find_png_files(folder_.path()); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Folder, IsOrderedByTheBytesOfTheNames) {
  for (const char* name : {"b.png", "a10.png", "a9.PNG", "B.png", "note.txt", ".c.png"})
    touch(name);
  EXPECT_TRUE(holds_png_files(folder_.path()));
  const PngFolder found = find_png_files(folder_.path());
  EXPECT_EQ(names(found.train), (Names{"B.png", "a10.png", "a9.PNG", "b.png"}));
  EXPECT_TRUE(found.train.classes.empty());
  EXPECT_TRUE(found.validation.files.empty());
  EXPECT_TRUE(found.test.files.empty());
}

TEST_F(Folder, MayHaveSplitsAndClasses) {
  for (const char* name : {"train/dog/1.png", "train/cat/2.png", "train/cat/1.png", "val/cat/3.png",
                           "test/4.png", "train/.cache/5.png"}) {
    touch(name);
  }
  EXPECT_TRUE(holds_png_files(folder_.path()));
  const PngFolder found = find_png_files(folder_.path());
  EXPECT_EQ(names(found.train), (Names{"train/cat/1.png", "train/cat/2.png", "train/dog/1.png"}));
  EXPECT_EQ(found.train.classes, (Names{"cat", "cat", "dog"}));
  EXPECT_EQ(names(found.validation), (Names{"val/cat/3.png"}));
  EXPECT_EQ(names(found.test), (Names{"test/4.png"}));
  EXPECT_TRUE(found.test.classes.empty());
}

TEST_F(Folder, MayHaveClassesWithoutSplits) {
  touch("b/1.png");
  touch("a/2.png");
  const PngFolder found = find_png_files(folder_.path());
  EXPECT_EQ(names(found.train), (Names{"a/2.png", "b/1.png"}));
  EXPECT_EQ(found.train.classes, (Names{"a", "b"}));
}

TEST_F(Folder, MayNameItsSplitsInAnyCaseAndByOtherWords) {
  for (const char* train : {"Train", "TRAINING"}) {
    for (const char* validation : {"valid", "Val", "Validation"}) {
      for (const char* test : {"TEST", "testing"}) {
        touch(train + std::string("/cat/1.png"));
        touch(validation + std::string("/2.png"));
        touch(test + std::string("/3.png"));
        const PngFolder found = find_png_files(folder_.path());
        EXPECT_EQ(names(found.train), Names{train + std::string("/cat/1.png")});
        EXPECT_EQ(names(found.validation), Names{validation + std::string("/2.png")});
        EXPECT_EQ(names(found.test), Names{test + std::string("/3.png")});
        EXPECT_EQ(found.left_out, "");
        for (const char* name : {train, validation, test}) {
          std::filesystem::remove_all(folder_.path() / name);
        }
      }
    }
  }
  touch("v1.train/1.png");
  EXPECT_EQ(find_png_files(folder_.path()).train.classes, Names{"v1.train"});
}

TEST_F(Folder, WithTwoSubfoldersOfOneSplitIsAnError) {
  touch("train/1.png");
  touch("val/1.png");
  touch("valid/1.png");
  expect_refused("got the subfolders val and valid, expected one of validation images");
  std::filesystem::remove_all(folder_.path() / "valid");
  touch("Train/2.png");
  expect_refused("got the subfolders Train and train, expected one of training images");
}

TEST_F(Folder, HoldsNoImagesBesideItsSplits) {
  touch("train/1.png");
  touch("notes/readme.txt");
  touch("run/1.png");
  touch("run/config.json");
  touch("runs/a/1.png");
  touch("runs/a/config.json");
  touch("val/1.png");
  EXPECT_EQ(find_png_files(folder_.path()).left_out, "");
  touch("extra/1.png");
  expect_refused("got extra beside subfolders of splits");
  std::filesystem::remove_all(folder_.path() / "extra");
  touch("0.png");
  expect_refused("got 0.png beside subfolders of splits");
}

TEST_F(Folder, CountsThePicturesThatAreLeftOut) {
  touch("a/1.png");
  touch("a/1.JPG");
  touch("2.jpg");
  touch("a/note.txt");
  EXPECT_EQ(find_png_files(folder_.path()).left_out, "2 .jpg files");
  touch("b/x/3.png");
  touch("b/x/y/4.png");
  touch("b/x/y/4.tiff");
  touch("b/runs/one/config.json");
  touch("b/runs/one/5.png");
  EXPECT_EQ(find_png_files(folder_.path()).left_out,
            "2 .jpg files, 1 .tiff file, 2 PNG files in deeper folders (b/x)");
  touch("b/x/1/2/3/4/5/6.png");
  std::filesystem::create_directory_symlink("..", folder_.path() / "b/x/up");
  std::filesystem::create_symlink("itself", folder_.path() / "b/x/itself");
  EXPECT_EQ(find_png_files(folder_.path()).left_out,
            "2 .jpg files, 1 .tiff file, 3 PNG files in deeper folders (b/x)");
}

TEST_F(Folder, WhosePicturesAreTooDeepSaysWhichToName) {
  EXPECT_EQ(deeper_png_files(folder_.path()), "");
  for (const std::string split : {"train/a", "a/b", "y/z/Test"}) {
    touch("x/" + split + "/1.png");
    const std::string place = split == "train/a" ? "x" : split == "a/b" ? "x/a" : "x/y/z";
    EXPECT_EQ(deeper_png_files(folder_.path()),
              "1 PNG file in deeper folders (x/" + split +
                  "); name the folder above their classes or splits: " +
                  (folder_.path() / place).string());
    const testing::TemporaryFolder other;
    std::filesystem::create_directory_symlink(folder_.path(), other.path() / "link");
    EXPECT_NE(deeper_png_files(other.path() / "link"), "");
    EXPECT_EQ(find_png_files(folder_.path() / place, PngUse::kQueries).train.files.size(), 1u);
    std::filesystem::remove_all(folder_.path() / "x");
  }
}

TEST_F(Folder, OfAClassThatHasTheNameOfASplitSaysSo) {
  touch("valid/1.png");
  touch("invalid/1.png");
  expect_refused("got invalid beside subfolders of splits (valid)");
  expect_refused("if valid is the name of a class, give that another");
}

TEST_F(Folder, CountsThePicturesThatAreLeftOutOfItsSplits) {
  touch("train/1.png");
  touch("0.gif");
  touch("test/2.png");
  touch("test/2.jpeg");
  touch("test/more/even/3.png");
  touch("others/4.bmp");
  const PngFolder found = find_png_files(folder_.path());
  EXPECT_EQ(names(found.test), Names{"test/2.png"});
  EXPECT_EQ(
      found.left_out,
      "1 .bmp file, 1 .gif file, 1 .jpeg file, 1 PNG file in deeper folders (test/more/even)");
}

TEST_F(Folder, OfDeepPicturesAloneSaysWhereTheyLie) {
  touch("a/b/1.png");
  touch("a/b/2.png");
  expect_refused("one for each class, got 2 PNG files in deeper folders (a/b)");
}

TEST_F(Folder, ThatIsEmptyMixedOrWithoutTrainingImagesIsAnError) {
  EXPECT_FALSE(holds_png_files(folder_.path()));
  expect_refused("expected PNG files, or folders of them");
  touch("test/1.png");
  expect_refused("got the subfolder test without train");
  EXPECT_EQ(find_png_files(folder_.path(), PngUse::kQueries).train.files.size(), 1u);
  touch("val/1.png");
  expect_error(ErrorKind::kData, "the subfolders val and test without train",
               [&] { find_png_files(folder_.path(), PngUse::kQueries); });
  touch("train/note.txt");
  expect_refused("train: expected PNG files");
  touch("train/1.png");
  touch("train/cat/2.png");
  expect_refused("got PNG files both in the folder (1.png) and in its subfolder cat");
}

}  // namespace
}  // namespace spvae
