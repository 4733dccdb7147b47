#include "spvae/data/opened_data.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <numeric>

#include "spvae/core/error_testing.h"
#include "spvae/data/data_set.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"
#include "spvae/io/png.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using Names = std::vector<std::string>;
using Shape = std::vector<std::size_t>;

/// 0, 1, 2, ….
Bytes ramp(std::size_t count) {
  Bytes values(count);
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  return values;
}

std::vector<float> levels(const Bytes& bytes) {
  std::vector<float> values;
  for (const std::uint8_t byte : bytes) values.push_back(static_cast<float>(byte) / 255.0f);
  return values;
}

class OriginOfImages : public ::testing::Test {
 protected:
  void write_image(const std::string& name) const {
    write_png(folder_.path() / name, {.height = 2, .width = 3, .pixels = {7, 8, 9, 10, 11, 12}});
  }
  std::string path() const { return folder_.path().string(); }

  testing::TemporaryFolder folder_;
  ThreadPool pool_{2};
};

TEST_F(OriginOfImages, MayBeInAFileWithAnEndingInCapitalsOrPacked) {
  write_npy<std::uint8_t>(folder_.path() / "images.npy", Shape{20, 2, 3}, ramp(120));
  const DataSet plain({.data = path() + "/images.npy"});
  std::ifstream file(folder_.path() / "images.npy", std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  for (const auto& [name, content] :
       {std::pair{"A.NPY", bytes}, {"a.npy.gz", testing::gzip(bytes)}}) {
    folder_.write(name, content);
    const DataSet set({.data = path() + "/" + name});
    EXPECT_EQ(set.digest(), plain.digest());
    EXPECT_EQ(set.stretch(), Stretch::kNone);
    EXPECT_EQ(set.load(Split::kTrain, pool_).values, plain.load(Split::kTrain, pool_).values);
  }
}

TEST_F(OriginOfImages, MayBeASinglePngToAskAbout) {
  write_image("one.PNG");
  const DataSet set({.data = path() + "/one.PNG", .values = 256, .whole = true});
  EXPECT_EQ(set.load(Split::kTest, pool_).values, levels({7, 8, 9, 10, 11, 12}));
  expect_error(ErrorKind::kData, "too few images to divide",
               [&] { const DataSet divided({.data = path() + "/one.PNG"}); });
}

TEST_F(OriginOfImages, InAFileOfAnotherFormatAreRefusedWithWhatToDo) {
  const std::pair<std::string, std::string> files[] = {
      {"a.npz", "use numpy.save(\"images.npy\", numpy.load(\"a.npz\")[NAME])"},
      {"a.JPG", "got a picture of another format (.jpg), expected PNG; convert it"},
      {"a.zip", "got an archive, expected images; unpack it"},
      {"a.tar.gz", "got an archive, expected images; unpack it"},
      {"a.bin", "not an IDX file"}};
  for (const auto& [name, part] : files) {
    folder_.write(name, {'P', 'K', 3, 4});
    expect_error(ErrorKind::kData, part, [&] { const DataSet set({.data = path() + "/" + name}); });
  }
}

TEST_F(OriginOfImages, InAFolderWarnOfPicturesThatAreLeftOut) {
  for (int i = 0; i < 10; ++i) write_image(fmt::format("{}.png", i));
  EXPECT_EQ(DataSet({.data = path()}).warning(), "");
  folder_.write("0.jpg", {1});
  EXPECT_NE(DataSet({.data = path()}).warning().find("left out: 1 .jpg file;"), std::string::npos);
}

TEST_F(OriginOfImages, WithMnistsNamesMayHaveADotInThem) {
  for (const auto& [name, images] : {std::pair{"train", 12u}, {"t10k", 3u}}) {
    const std::string images_name = fmt::format("{}-images.idx3-ubyte", name);
    folder_.write(images_name, testing::idx_file({images, 2, 3}, ramp(6 * images)));
    folder_.write(fmt::format("{}-labels.idx1-ubyte", name),
                  testing::idx_file({images}, Bytes(images, static_cast<std::uint8_t>(images))));
  }
  const DataSet set({.data = path()});
  EXPECT_EQ(set.count(Split::kTrain), 10);
  EXPECT_EQ(set.count(Split::kTest), 3);
  EXPECT_EQ(set.labels(Split::kTest).names, (Names{"3", "12"}));
  EXPECT_EQ(DataSet({.data = path() + "/train-images.idx3-ubyte"}).count(Split::kTest), 1);
}

}  // namespace
}  // namespace spvae
