#include "spvae/data/labels.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using Names = std::vector<std::string>;

class LabelFile : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    return folder_.write(name, {text.begin(), text.end()});
  }
  testing::TemporaryFolder folder_;
};

TEST(Labels, ArePositionsInTheListOfClasses) {
  const Labels words = labels_of(Names{"dog", "cat", "dog", "Ape"});
  EXPECT_EQ(words.names, (Names{"Ape", "cat", "dog"}));
  EXPECT_EQ(words.values, (std::vector<int>{2, 1, 2, 0}));
  const Labels numbers = labels_of(Names{"10", "9", "-1", "9"});
  EXPECT_EQ(numbers.names, (Names{"-1", "9", "10"}));
  EXPECT_EQ(numbers.values, (std::vector<int>{2, 1, 0, 1}));
  EXPECT_TRUE(labels_of({}).names.empty());
}

TEST_F(LabelFile, MayBeTextAnArrayOrIdx) {
  EXPECT_EQ(read_label_names(write("a.txt", "dog\nwild cat\r\ndog"), 3),
            (Names{"dog", "wild cat", "dog"}));
  const std::filesystem::path array = folder_.path() / "a.npy";
  const std::vector<std::size_t> shape = {3};
  write_npy<std::int64_t>(array, shape, std::vector<std::int64_t>{3, -1, 3});
  EXPECT_EQ(read_label_names(array, 3), (Names{"3", "-1", "3"}));
  write_npy<std::uint8_t>(array, shape, Bytes{200, 1, 0});
  EXPECT_EQ(read_label_names(array, 3), (Names{"200", "1", "0"}));
  std::filesystem::rename(array, folder_.path() / "A.NPY");
  EXPECT_EQ(read_label_names(folder_.path() / "A.NPY", 3), (Names{"200", "1", "0"}));
  const Bytes idx = testing::idx_file({3}, {7, 0, 7});
  EXPECT_EQ(read_label_names(folder_.write("labels-idx1-ubyte.gz", testing::gzip(idx)), 3),
            (Names{"7", "0", "7"}));
}

TEST_F(LabelFile, OfTextMayHaveAMarkBlanksAroundAndAnyEndsOfLines) {
  for (const char* text :
       {"\xEF\xBB\xBF"
        "0\n1\nwild cat\n",
        "0 \n1\t\n wild cat\n", "0\r\n1\r\nwild cat\r\n", "\xEF\xBB\xBF 0 \r\n1\r\nwild cat"}) {
    EXPECT_EQ(read_label_names(write("a.txt", text), 3), (Names{"0", "1", "wild cat"}));
  }
  expect_error(ErrorKind::kData, "a.txt: line 2 is empty",
               [&] { read_label_names(write("a.txt", "1\n \r\n2\n"), 3); });
}

TEST_F(LabelFile, OfTextInUtf16IsAnError) {
  using namespace std::string_literals;
  for (const std::string& text : {"\xFF\xFE"
                                  "0\0\n\0"s,
                                  "\xFE\xFF\0"
                                  "0\0\n"s,
                                  "0\0\n\0"s}) {
    expect_error(ErrorKind::kData, "got text in UTF-16",
                 [&] { read_label_names(write("a.txt", text), 1); });
  }
}

TEST_F(LabelFile, OfAnotherLengthOrKindIsAnError) {
  expect_error(ErrorKind::kData, "a.txt: got 2 labels, expected one for each of 3 images",
               [&] { read_label_names(write("a.txt", "1\n2\n"), 3); });
  expect_error(ErrorKind::kData, "a.txt: line 2 is empty",
               [&] { read_label_names(write("a.txt", "1\n\n2\n"), 3); });
  expect_error(ErrorKind::kNoInput, "none.txt",
               [&] { read_label_names(folder_.path() / "none.txt", 3); });
  const std::filesystem::path array = folder_.path() / "a.npy";
  write_npy<float>(array, std::vector<std::size_t>{3}, std::vector<float>(3));
  expect_error(ErrorKind::kData, "a.npy: got an array of float32 of shape (3), expected labels",
               [&] { read_label_names(array, 3); });
}

}  // namespace
}  // namespace spvae
