// What becomes of the hidden pixels of stretched images.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "spvae/data/data_set.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

using testing::Bytes;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class HiddenPixels : public ::testing::Test {
 protected:
  /// Ten images of 2 × 3 pixels.
  template <class T>
  void write(const std::vector<T>& values) const {
    write_npy<T>(path_, std::vector<std::size_t>{10, 2, 3}, values);
  }

  testing::TemporaryFolder folder_;
  ThreadPool pool_{2};
  std::string path_ = (folder_.path() / "images.npy").string();
};

std::vector<float> row(const ImageSet& images, std::size_t i) {
  const auto begin = images.values.begin() + static_cast<std::ptrdiff_t>(i * 6);
  return {begin, begin + 6};
}

TEST_F(HiddenPixels, AreThoseOfTheWholeImageWhereAMaskLeavesOneValue) {
  // Observed is 50 twice, or nothing; hidden are 0, 50, 100 and 250.
  write<std::uint8_t>([] {
    Bytes values;
    for (int i = 0; i < 10; ++i) {
      for (const std::uint8_t value : Bytes{50, 50, 0, 50, 100, 250}) values.push_back(value);
    }
    return values;
  }());
  const DataConfig config{.data = path_, .values = 256, .whole = true, .stretch = Stretch::kImage};
  const DataSet set(config);
  const std::vector<float> whole = row(set.load(Split::kTest, pool_), 0);
  const Mask some{.height = 2, .width = 3, .observed = {1, 1, 0, 0, 0, 0}};
  const ImageSet images = set.load(Split::kTest, pool_, {.mask = &some});
  std::vector<float> expected = whole;
  expected[0] = expected[1] = 0.0f;
  EXPECT_EQ(row(images, 0), expected);
  EXPECT_EQ(expected[5], 1.0f);
  EXPECT_EQ(expected[4], 102 / 255.0f);
  const Mask none{.height = 2, .width = 3, .observed = Bytes(6, 0)};
  EXPECT_EQ(row(set.load(Split::kTest, pool_, {.mask = &none}), 3), whole);

  // With noise, as of the whole image too; observed pixels are what they are without the rest.
  DataConfig noisy = config;
  noisy.values = 0;
  const DataSet noisy_set(noisy);
  const std::vector<float> noisy_whole = row(noisy_set.load(Split::kTest, pool_), 2);
  const std::vector<float> values = row(noisy_set.load(Split::kTest, pool_, {.mask = &some}), 2);
  EXPECT_TRUE(std::equal(values.begin() + 2, values.end(), noisy_whole.begin() + 2));
  EXPECT_EQ(std::minmax(values[0], values[1]), std::minmax(0.0f, 1.0f));
}

TEST_F(HiddenPixels, OfFloatsAreThoseOfAllThatIsKnownWhereAMaskLeavesOneValue) {
  std::vector<float> floats;
  for (int i = 0; i < 10; ++i) {
    for (const float value : {0.5f, 0.5f, 0.3f, 0.7f, 0.6f, kNan}) floats.push_back(value);
  }
  write<float>(floats);
  const DataSet set(
      {.data = path_, .whole = true, .stretch = Stretch::kImage, .missing = Missing::kNan});
  const Mask mask{.height = 2, .width = 3, .observed = {1, 1, 0, 0, 0, 1}};
  const ImageSet images = set.load(Split::kTest, pool_, {.most = 1, .mask = &mask});
  EXPECT_EQ(images.observed, (Bytes{1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(images.values[0], 0.0f);
  EXPECT_EQ(images.values[2], 0.0f);
  EXPECT_EQ(images.values[3], 1.0f);  // 0.7 is the greatest that is known
  EXPECT_NEAR(images.values[4], 0.75f, 1e-6f);
}

}  // namespace
}  // namespace spvae
