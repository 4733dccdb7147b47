#include "spvae/data/labels.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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

TEST_F(LabelFile, OfTextLosesBlanksOfUnicodeAndMarksAtTheEndsOfAnyLine) {
  for (const std::string blank : {"\u00A0", "\u1680", "\u2000", "\u200A", "\u200B", "\u2028",
                                  "\u2029", "\u202F", "\u205F", "\u3000", "\uFEFF"}) {
    const std::string text =
        "dog" + blank + "\n" + blank + " wild" + blank + "cat " + blank + "\r\n";
    EXPECT_EQ(read_label_names(write("a.txt", text), 2), (Names{"dog", "wild" + blank + "cat"}));
    expect_error(ErrorKind::kData, "a.txt: line 2 is empty",
                 [&] { read_label_names(write("a.txt", "1\n" + blank + "\n"), 2); });
  }
  // Letters that end as blanks do.
  EXPECT_EQ(read_label_names(write("a.txt", "\u00E0\n\u3040\n"), 2), (Names{"\u00E0", "\u3040"}));
}

TEST_F(LabelFile, OfAPipeOrAnArchiveIsAnError) {
  const std::filesystem::path pipe = folder_.path() / "pipe.txt";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_error(ErrorKind::kNoInput, "is a pipe or a device; expected labels, in a file",
               [&] { read_label_names(pipe, 1); });
  expect_error(ErrorKind::kData, "numpy.save(\"labels.npy\", numpy.load(\"a.npz\")[NAME])",
               [&] { read_label_names(write("a.npz", "PK"), 1); });
}

TEST_F(LabelFile, OfAnArrayThatIsNoneSaysWhatToDo) {
  const std::filesystem::path array = folder_.path() / "a.npy";
  const auto refused = [&](const std::string& advice) {
    expect_error(ErrorKind::kData, "of one axis; " + advice, [&] { read_label_names(array, 3); });
  };
  using Shape = std::vector<std::size_t>;
  write_npy<float>(array, Shape{3}, std::vector<float>{0, 2, 1});
  refused("use labels.astype(numpy.int64)");
  write_npy<double>(array, Shape{3}, std::vector<double>{0, 2, 0.5});
  refused("some are no whole numbers");
  write_npy<std::int64_t>(array, Shape{3, 1}, std::vector<std::int64_t>(3));
  refused("use numpy.ravel(labels)");
  write_npy<std::int64_t>(array, Shape{3, 2}, std::vector<std::int64_t>(6));
  refused("give one label for each image");
  for (const auto& [type, advice] : {std::pair{"<i4", "use labels.astype(numpy.int64)"},
                                     {"|b1", "use labels.astype(numpy.int64)"},
                                     {"<f2", "if all are whole numbers"},
                                     {"<U1", "save them as text"}}) {
    std::string header =
        "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (3,), }";
    header.resize(117, ' ');
    write("a.npy", std::string("\x93NUMPY\x01\x00v\x00", 10) + header + "\n");
    refused(advice);
  }
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
