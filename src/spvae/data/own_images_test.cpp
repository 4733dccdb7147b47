// Data sets of PNG files and of NumPy arrays.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <ranges>

#include "spvae/core/error_testing.h"
#include "spvae/data/colour.h"
#include "spvae/data/data_set.h"
#include "spvae/data/preprocess.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"
#include "spvae/io/png.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using testing::expect_error;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;
using Shape = std::vector<std::size_t>;

constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Bytes ramp(std::uint8_t start, int pixels) {
  Bytes values(static_cast<std::size_t>(pixels));
  std::iota(values.begin(), values.end(), start);
  return values;
}

class OwnImages : public ::testing::Test {
 protected:
  void write_image(const std::string& name, std::uint8_t start, int height = 2,
                   int width = 3) const {
    const std::filesystem::path path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    write_png(path, {.height = height, .width = width, .pixels = ramp(start, height * width)});
  }
  /// N images 000.png, 001.png, …; the pixels of image i are i, i + 1, ….
  void write_images(const std::string& folder, int count, int first = 0) const {
    for (int i = first; i < first + count; ++i) {
      write_image(fmt::format("{}{:03}.png", folder, i), static_cast<std::uint8_t>(i));
    }
  }
  template <class T>
  std::string write_array(const Shape& shape, const std::vector<T>& values) const {
    write_npy<T>(folder_.path() / "images.npy", shape, values);
    return (folder_.path() / "images.npy").string();
  }
  std::string path() const { return folder_.path().string(); }

  testing::TemporaryFolder folder_;
  ThreadPool pool_{2};
};

/// v/255 of an image of write_images.
std::vector<float> raw(std::uint8_t start) {
  std::vector<float> values;
  for (int i = 0; i < 6; ++i) values.push_back(static_cast<float>(start + i) / 255.0f);
  return values;
}

std::vector<float> row(const ImageSet& images, std::size_t i) {
  const auto pixels = static_cast<std::size_t>(images.variables());
  const auto begin = images.values.begin() + static_cast<std::ptrdiff_t>(i * pixels);
  return {begin, begin + static_cast<std::ptrdiff_t>(pixels)};
}

TEST_F(OwnImages, InAFolderAreDividedEightyTenTenAndKeepTheirRawValues) {
  write_images("", 25);
  const DataSet set({.data = path(), .values = 256}, &pool_);
  EXPECT_EQ(set.height(), 2);
  EXPECT_EQ(set.width(), 3);
  EXPECT_EQ(set.stretch(), Stretch::kNone);
  EXPECT_EQ(set.files().size(), 25u);
  EXPECT_EQ(set.count(Split::kTrain), 21);
  EXPECT_EQ(set.count(Split::kValidation), 2);
  EXPECT_EQ(set.count(Split::kTest), 2);
  std::vector<std::uint32_t> all;
  for (const Split split : kSplits) {
    const ImageSet images = set.load(split, pool_);
    EXPECT_TRUE(images.observed.empty());
    for (std::size_t i = 0; i < images.indices.size(); ++i) {
      EXPECT_EQ(row(images, i), raw(static_cast<std::uint8_t>(images.indices[i])));
      all.push_back(images.indices[i]);
    }
  }
  std::ranges::sort(all);
  EXPECT_TRUE(std::ranges::equal(all, std::views::iota(0u, 25u)));
  const DataSet other({.data = path(), .data_seed = 1, .values = 256});
  EXPECT_NE(other.load(Split::kTest, pool_).indices, set.load(Split::kTest, pool_).indices);
}

TEST_F(OwnImages, AreDividedAsTheSubfoldersSay) {
  write_images("train/", 20);
  write_images("validation/", 3, 100);
  write_images("test/", 2, 200);
  const DataSet set({.data = path(), .values = 256});
  EXPECT_EQ(set.count(Split::kTrain), 20);
  EXPECT_EQ(set.count(Split::kValidation), 3);
  EXPECT_EQ(set.count(Split::kTest), 2);
  EXPECT_EQ(row(set.load(Split::kValidation, pool_), 2), raw(102));
  EXPECT_EQ(row(set.load(Split::kTest, pool_), 1), raw(201));
  const auto [train, validation] = set.load_training(pool_);
  EXPECT_EQ(train.count(), 20);
  EXPECT_EQ(row(validation, 0), raw(100));
  // What there is not, is a tenth of the training images.
  std::filesystem::remove_all(folder_.path() / "validation");
  const DataSet without_validation({.data = path(), .values = 256});
  EXPECT_EQ(without_validation.count(Split::kTrain), 18);
  EXPECT_EQ(without_validation.count(Split::kValidation), 2);
  EXPECT_EQ(row(without_validation.load(Split::kTest, pool_), 0), raw(200));
  std::filesystem::rename(folder_.path() / "test", folder_.path() / "val");
  const DataSet without_test({.data = path(), .values = 256});
  EXPECT_EQ(without_test.count(Split::kTrain), 18);
  EXPECT_EQ(without_test.count(Split::kValidation), 2);
  EXPECT_EQ(without_test.count(Split::kTest), 2);
  EXPECT_EQ(row(without_test.load(Split::kValidation, pool_), 0), raw(200));
}

TEST_F(OwnImages, InColourBecomeGrayOrKeepTheirChannels) {
  for (std::uint8_t i = 0; i < 9; ++i) {
    write_png(fmt::format("{}/{}.png", path(), i),
              {.height = 1, .width = 1, .channels = 3, .pixels = {200, 100, i}});
  }
  write_png(path() + "/9.png", {.height = 1, .width = 1, .pixels = {9}});
  const DataSet set({.data = path(), .values = 256});
  EXPECT_TRUE(set.has_colours());
  EXPECT_EQ(set.channels(), 1);
  const ImageSet grays = set.load(Split::kTrain, pool_);
  const DataSet colour_set({.data = path(), .values = 256, .colour = ColourMode::kRgb});
  EXPECT_EQ(colour_set.channels(), 3);
  const ImageSet colours = colour_set.load(Split::kTrain, pool_);
  EXPECT_EQ(colours.channels, 3);
  ASSERT_EQ(colours.values.size(), 3 * grays.values.size());
  EXPECT_EQ(colours.indices, grays.indices);
  for (std::size_t i = 0; i < grays.indices.size(); ++i) {
    const auto blue = static_cast<std::uint8_t>(grays.indices[i]);
    const bool is_gray = blue == 9;
    const std::uint8_t red = is_gray ? blue : 200;
    const std::uint8_t green = is_gray ? blue : 100;
    EXPECT_EQ(grays.values[i], static_cast<float>(gray(red, green, blue)) / 255.0f);
    EXPECT_EQ(colours.values[3 * i], static_cast<float>(red) / 255.0f);
    EXPECT_EQ(colours.values[3 * i + 1], static_cast<float>(green) / 255.0f);
    EXPECT_EQ(colours.values[3 * i + 2], static_cast<float>(blue) / 255.0f);
  }
}

TEST_F(OwnImages, InColourAreStretchedInAllChannelsAlike) {
  const Bytes image = {100, 150, 200, 110, 120, 130};
  Bytes values;
  for (int i = 0; i < 10; ++i) values.insert(values.end(), image.begin(), image.end());
  const std::string file = path() + "/a.npy";
  write_npy<std::uint8_t>(file, std::vector<std::size_t>{10, 1, 2, 3}, values);
  const DataSet set(
      {.data = file, .values = 256, .colour = ColourMode::kRgb, .stretch = Stretch::kImage});
  const ImageSet images = set.load(Split::kTest, pool_);
  EXPECT_EQ(images.values,
            (std::vector<float>{0, 128 / 255.0f, 1, 26 / 255.0f, 51 / 255.0f, 76 / 255.0f}));
}

TEST_F(OwnImages, InColourMayLackChannels) {
  std::vector<float> values(10 * 2 * 3, 0.2f);
  values[4] = kNan;  // of image 0, pixel 1: green
  const std::string file = path() + "/a.npy";
  write_npy<float>(file, std::vector<std::size_t>{10, 1, 2, 3}, values);
  DataConfig config{.data = file, .colour = ColourMode::kRgb, .missing = Missing::kNan};
  config.whole = true;
  EXPECT_EQ(DataSet(config).load(Split::kTest, pool_, {.most = 1}).observed,
            (testing::Bytes{1, 1, 1, 1, 0, 1}));
  config.colour = ColourMode::kGray;
  const ImageSet grays = DataSet(config).load(Split::kTest, pool_, {.most = 1});
  EXPECT_EQ(grays.observed, (testing::Bytes{1, 0}));
  EXPECT_FLOAT_EQ(grays.values[0], 0.2f);
}

TEST_F(OwnImages, OfWhichOneIsBadNameIt) {
  write_images("", 12);
  write_image("005.png", 0, 3, 2);
  expect_error(ErrorKind::kData, "005.png: got images of 3 x 2 pixels, expected 2 x 3 as in ",
               [&] { const DataSet set({.data = path()}); });
  folder_.write("005.png", {'P', 'N', 'G'});
  expect_error(ErrorKind::kData, "005.png: not a valid PNG",
               [&] { const DataSet set({.data = path()}); });
  write_image("005.png", 0);
  std::filesystem::resize_file(folder_.path() / "005.png", 50);
  const DataSet set({.data = path()});
  expect_error(ErrorKind::kData, "005.png: ", [&] { set.load_training(pool_); });
}

TEST_F(OwnImages, AreTheSameForOneThreadAndThreeAndReportProgress) {
  write_images("", 40);
  ThreadPool one(1);
  ThreadPool three(3);
  std::size_t last = 0;
  std::size_t calls = 0;
  const LoadObserver observer = [&](std::size_t done, std::size_t files) {
    EXPECT_EQ(done, ++last);
    EXPECT_EQ(files, 40u);
    ++calls;
  };
  const DataSet set({.data = path()}, &three, observer);
  EXPECT_EQ(calls, 40u);
  last = 0;
  const ImageSet images = set.load_training(three, observer).train;
  EXPECT_EQ(calls, 80u);
  EXPECT_EQ(images.values, set.load(Split::kTrain, one).values);
}

TEST_F(OwnImages, InAnArrayOfBytesHaveNoiseAndAStretchAsAsked) {
  const Bytes bytes = [] {
    Bytes values;
    for (int i = 0; i < 10; ++i) {
      for (const std::uint8_t value : ramp(static_cast<std::uint8_t>(i), 4))
        values.push_back(value);
    }
    return values;
  }();
  const std::string file = write_array<std::uint8_t>({10, 4}, bytes);
  for (const bool noise : {false, true}) {
    for (const bool stretch : {false, true}) {
      const DataSet set({.data = file,
                         .data_seed = 5,
                         .stretch = stretch ? Stretch::kImage : Stretch::kAuto,
                         .dequantize = noise ? Dequantize::kAuto : Dequantize::kOff});
      EXPECT_EQ(set.name(), "images.npy");
      EXPECT_EQ(set.height(), 2);
      EXPECT_EQ(set.width(), 2);
      const ImageSet images = set.load(Split::kTrain, pool_);
      EXPECT_EQ(set.noise_warning(images).empty(), noise);
      for (std::size_t i = 0; i < images.indices.size(); ++i) {
        std::vector<float> expected(4);
        prepare(std::span(bytes).subspan(4 * images.indices[i], 4), {},
                {.stretch = stretch, .noise = noise, .seed = 5}, {.index = images.indices[i]},
                expected);
        EXPECT_EQ(row(images, i), expected);
      }
    }
  }
}

TEST_F(OwnImages, OfFloatsAreUsedAsTheyAre) {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(i / 59.0);
  const std::string file = write_array<double>({10, 2, 3}, values);
  const DataSet set({.data = file});
  EXPECT_EQ(set.dequantize(), Dequantize::kOff);
  const ImageSet images = set.load(Split::kTrain, pool_);
  EXPECT_EQ(set.noise_warning(images), "");
  for (std::size_t i = 0; i < images.indices.size(); ++i) {
    for (std::size_t pixel = 0; pixel < 6; ++pixel) {
      EXPECT_EQ(row(images, i)[pixel], static_cast<float>(values[6 * images.indices[i] + pixel]));
    }
  }
  expect_error(ErrorKind::kData, "which is no multiple of 1/255", [&] {
    const DataSet discrete({.data = file, .values = 256});
    discrete.load(Split::kTrain, pool_);
  });
}

TEST_F(OwnImages, OfFloatsMayHaveTheValuesOfTheirLikelihood) {
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.push_back(static_cast<float>(i % 7) / 6.0f);
  const DataSet set({.data = write_array<float>({10, 2, 3}, values), .values = 7});
  const ImageSet images = set.load(Split::kTrain, pool_);
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    EXPECT_EQ(images.values[i], values[6 * images.indices[i / 6] + i % 6]);
  }
}

TEST_F(OwnImages, OfFloatsThatRepeatWarnWithoutNoiseAndAreReadAsLevels) {
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.push_back(static_cast<float>(i % 7) / 255.0f);
  const std::string file = write_array<float>({10, 2, 3}, values);
  const auto warning_of = [this](const DataConfig& config) {
    const DataSet set(config);
    return set.noise_warning(set.load(Split::kTrain, pool_));
  };
  EXPECT_THAT(warning_of({.data = file}),
              AllOf(HasSubstr("100 % of the values stand several times"),
                    HasSubstr("say --dequantize on")));
  EXPECT_EQ(warning_of({.data = file, .dequantize = Dequantize::kOn}), "");
  const DataSet discrete({.data = file, .values = 256});
  const ImageSet images = discrete.load(Split::kTrain, pool_);
  EXPECT_EQ(discrete.noise_warning(images), "");
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    EXPECT_EQ(images.values[i], values[6 * images.indices[i / 6] + i % 6]);
  }
}

TEST_F(OwnImages, OfFloatsWithAConstantBackgroundWarn) {
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) {
    values.push_back(i % 6 < 2 ? 0.0f : static_cast<float>(i) / 60.0f);
  }
  const std::string file = write_array<float>({10, 2, 3}, values);
  const DataSet set({.data = file});
  EXPECT_THAT(set.noise_warning(set.load(Split::kTrain, pool_)),
              HasSubstr("2 of 6 values of an image are the same in most images"));
}

TEST_F(OwnImages, OfAnArrayThatIsNoneAreRefused) {
  const auto refused = [&](const std::string& part, const std::string& file) {
    expect_error(ErrorKind::kData, part, [&] {
      const DataSet set({.data = file});
      set.load(Split::kTrain, pool_);
    });
  };
  refused("got an array of shape (60)", write_array<std::uint8_t>({60}, Bytes(60)));
  refused("holds nothing", write_array<std::uint8_t>({0, 2, 3}, {}));
  refused("got int64, expected uint8, or float32 or float64 in [0, 1]",
          write_array<std::int64_t>({10, 1, 1}, std::vector<std::int64_t>(10)));
  refused("too few images", write_array<std::uint8_t>({9, 2, 3}, Bytes(54)));
  std::vector<float> values(60, 0.5f);
  values[13] = 1.5f;
  refused("pixel 1 of image 2 is 1.5, expected a value in [0, 1]",
          write_array<float>({10, 2, 3}, values));
  refused("or, if the rows are vectors, say --vectors", write_array<float>({15, 4}, values));
  values[13] = kNan;
  refused("pixel 1 of image 2 is NaN, expected a value in [0, 1]; if it is missing, say --missing",
          write_array<float>({10, 2, 3}, values));
  const std::string cut = write_array<std::uint8_t>({20, 2, 3}, Bytes(120));
  std::filesystem::resize_file(cut, 200);
  refused("images.npy: truncated: got 200 bytes, expected 248", cut);
}

TEST_F(OwnImages, MayHaveMissingPixelsThatAreNan) {
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.push_back(static_cast<float>(i) / 118.0f);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>(6 * i + i % 6)] = kNan;
  const std::string file = write_array<float>({10, 2, 3}, values);
  const DataSet set({.data = file, .stretch = Stretch::kImage, .missing = Missing::kNan});
  const ImageSet images = set.load(Split::kTrain, pool_);
  ASSERT_EQ(images.observed.size(), images.values.size());
  for (std::size_t i = 0; i < images.indices.size(); ++i) {
    float least = 1;
    float greatest = 0;
    for (std::size_t pixel = 0; pixel < 6; ++pixel) {
      const bool is_observed = pixel != images.indices[i] % 6;
      EXPECT_EQ(images.observed[6 * i + pixel], is_observed ? 1 : 0);
      if (!is_observed) continue;
      least = std::min(least, row(images, i)[pixel]);
      greatest = std::max(greatest, row(images, i)[pixel]);
    }
    EXPECT_EQ(least, 0.0f);
    EXPECT_EQ(greatest, 1.0f);
  }
}

TEST_F(OwnImages, MayHaveAMaskForTrainingInTheOrderOfTheFiles) {
  write_images("train/", 20);
  write_images("test/", 3, 100);
  // Of image i of the training files, pixel i mod 6 is missing.
  Bytes observed(20 * 6, 1);
  for (std::size_t i = 0; i < 20; ++i) observed[6 * i + i % 6] = 0;
  const std::string mask = (folder_.path() / "mask.npy").string();
  write_npy<std::uint8_t>(mask, Shape{20, 2, 3}, observed);
  const DataConfig config{.data = path(), .values = 256, .mask = mask};
  const DataSet set(config);
  const TrainingImages training = set.load_training(pool_);
  EXPECT_EQ(training.train.count() + training.validation.count(), 20);
  for (const ImageSet* images : {&training.train, &training.validation}) {
    for (std::size_t at = 0; at < images->observed.size(); ++at) {
      const std::uint32_t image = images->indices[at / 6];
      EXPECT_EQ(images->observed[at], at % 6 == image % 6 ? 0 : 1);
    }
    EXPECT_EQ(images->observed.size(), images->values.size());
  }
  EXPECT_EQ(set.load(Split::kTrain, pool_).observed, training.train.observed);
  EXPECT_TRUE(set.load(Split::kTest, pool_).observed.empty());

  // The digest is of the images and of the mask.
  const std::string digest = set.digest();
  EXPECT_NE(DataSet({.data = path(), .values = 256}).digest(), digest);
  observed[0] = 1;
  write_npy<std::uint8_t>(mask, Shape{20, 2, 3}, observed);
  EXPECT_NE(DataSet(config).digest(), digest);
  // Those of a single file are in its order too, its test images among them.
  const DataConfig single{
      .data = write_array<std::uint8_t>({20, 2, 3}, ramp(0, 120)), .values = 256, .mask = mask};
  EXPECT_TRUE(DataSet(single).load(Split::kTest, pool_).observed.empty());
  EXPECT_EQ(DataSet(single).load(Split::kTrain, pool_).observed.size(), 16U * 6);
  for (const std::size_t count : {19U, 21U, 23U}) {
    write_npy<std::uint8_t>(mask, Shape{count, 2, 3}, Bytes(6 * count, 1));
    expect_error(ErrorKind::kData, "expected (2, 3) for all images, or (20, 2, 3) for each",
                 [&] { DataSet{config}; });
  }
}

TEST_F(OwnImages, AreStretchedByWhatAMaskLeaves) {
  write_images("train/", 20);
  write_images("test/", 3, 100);
  const DataSet set({.data = path(), .values = 256, .stretch = Stretch::kImage});
  const Mask mask{.height = 2, .width = 3, .observed = {1, 1, 1, 0, 0, 0}};
  const ImageSet images = set.load(Split::kTest, pool_, {.most = 2, .mask = &mask});
  EXPECT_EQ(images.count(), 2);
  EXPECT_EQ(images.observed, (Bytes{1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(row(images, 1), (std::vector<float>{0.0f, 128 / 255.0f, 1.0f, 1.0f, 1.0f, 1.0f}));
}

TEST_F(OwnImages, HaveTheLabelsOfTheirFolders) {
  for (int i = 0; i < 12; ++i) {
    const auto start = static_cast<std::uint8_t>(i);
    write_image(fmt::format("train/{}/{:02}.png", i % 3 == 0 ? "cat" : "dog", i), start);
  }
  write_image("test/ape/1.png", 100);
  write_image("test/dog/2.png", 101);
  const DataSet set({.data = path(), .values = 256});
  const Labels test = set.labels(Split::kTest);
  EXPECT_EQ(test.names, (Names{"ape", "cat", "dog"}));
  EXPECT_EQ(test.values, (std::vector<int>{0, 2}));
  for (const Split split : {Split::kTrain, Split::kValidation}) {
    const Labels labels = set.labels(split);
    const ImageSet images = set.load(split, pool_);
    ASSERT_EQ(labels.values.size(), images.indices.size());
    EXPECT_EQ(labels.names, test.names);
    for (std::size_t i = 0; i < images.indices.size(); ++i) {
      const long start = std::lround(255 * row(images, i)[0]);
      EXPECT_EQ(labels.values[i], start % 3 == 0 ? 1 : 2);
    }
  }
}

TEST_F(OwnImages, MayHaveTheirLabelsInAFile) {
  const std::string file = write_array<std::uint8_t>({20, 2, 3}, Bytes(120));
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += fmt::format("{}\n", i);
  const auto labels_file = folder_.write("labels.txt", {lines.begin(), lines.end()});
  const DataSet set({.data = file, .labels = labels_file.string()});
  const ImageSet images = set.load(Split::kTrain, pool_);
  const Labels labels = set.labels(Split::kTrain);
  EXPECT_EQ(labels.names.size(), 20u);
  EXPECT_TRUE(std::ranges::equal(labels.values, images.indices, {}, {},
                                 [](std::uint32_t index) { return static_cast<int>(index); }));
  expect_error(ErrorKind::kNoInput, "there are no labels; say --labels",
               [&] { DataSet({.data = file}).labels(Split::kTest); });
}

TEST_F(OwnImages, OfOneClassAreTheSplitsWithoutTheOthers) {
  write_array<std::uint8_t>({40, 2, 3}, Bytes(240, 7));
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += i % 4 == 1 ? "dog\n" : "cat\n";
  const auto labels_file = folder_.write("labels.txt", {lines.begin(), lines.end()});
  const std::string file = write_array<std::uint8_t>({40, 2, 3}, Bytes(240, 7));
  const DataSet all({.data = file, .labels = labels_file.string()}, &pool_);
  const DataSet dogs = all.of_class("dog");
  const DataSet same({.data = file, .labels = labels_file.string(), .class_name = "dog"}, &pool_);
  EXPECT_EQ(dogs.digest(), same.digest());
  EXPECT_NE(dogs.digest(), all.digest());
  EXPECT_NE(dogs.digest(), all.of_class("cat").digest());
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    std::vector<std::uint32_t> expected = all.load(split, pool_).indices;
    std::erase_if(expected, [](std::uint32_t index) { return index % 4 != 1; });
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(dogs.count(split), static_cast<int>(expected.size()));
    EXPECT_EQ(dogs.load(split, pool_).indices, expected);
    EXPECT_EQ(same.load(split, pool_).indices, expected);
    const Labels labels = dogs.labels(split);
    EXPECT_EQ(labels.names, (Names{"cat", "dog"}));
    EXPECT_EQ(labels.values, std::vector<int>(expected.size(), 1));
  }
  expect_error(ErrorKind::kUsage, "class: got cow, but images.npy has 2 classes, cat, dog",
               [&] { all.of_class("cow"); });

  // Other labels give another digest, a class without validation images none at all.
  std::string others = lines;
  others.replace(others.rfind("cat"), 3, "dog");
  const auto other_file = folder_.write("others.txt", {others.begin(), others.end()});
  EXPECT_NE(DataSet({.data = file, .labels = other_file.string(), .class_name = "dog"}).digest(),
            dogs.digest());
  others.replace(others.find("cat"), 3, "cow");
  folder_.write("others.txt", {others.begin(), others.end()});
  expect_error(ErrorKind::kData, "or divide anew, --data-seed", [&] {
    DataSet({.data = file, .labels = other_file.string(), .class_name = "cow"});
  });
}

TEST_F(OwnImages, OfAClassThatIsOnlyInTheTestSubfolderSayWhatToDo) {
  write_images("train/ant/", 20);
  write_image("val/ant/1.png", 100);
  write_image("test/bee/1.png", 100);
  const DataSet set({.data = path()});
  expect_error(ErrorKind::kData,
               "of class bee there are 0 training and 0 validation images, expected at least one "
               "of each; put images of it into both, or leave the class out",
               [&] { set.of_class("bee"); });
}

TEST_F(OwnImages, MayHaveLabelsInSomeSplitsAlone) {
  write_images("train/ant/", 20);
  write_images("train/bee/", 20);
  write_image("test/1.png", 100);
  const DataSet set({.data = path(), .values = 256});
  EXPECT_TRUE(set.has_labels(Split::kTrain));
  EXPECT_TRUE(set.has_labels(Split::kValidation));
  EXPECT_FALSE(set.has_labels(Split::kTest));
  EXPECT_EQ(set.labels(Split::kTrain).names, (Names{"ant", "bee"}));
  expect_error(ErrorKind::kNoInput, "there are no labels", [&] { set.labels(Split::kTest); });
  expect_error(ErrorKind::kData, "of class ant there are no test images",
               [&] { set.of_class("ant").load(Split::kTest, pool_); });
}

TEST(MnistLabels, AreThoseOfThePublishedFiles) {
  const DataSet mnist({.values = 256});
  const Labels test = mnist.labels(Split::kTest);
  EXPECT_EQ(test.names, (Names{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  // The first digits, and how many sevens there are.
  EXPECT_TRUE(std::ranges::equal(std::span(test.values).first(10),
                                 std::vector<int>{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}));
  EXPECT_EQ(std::ranges::count(test.values, 7), 1028);
  const Labels train = mnist.labels(Split::kTrain);
  const Labels validation = mnist.labels(Split::kValidation);
  EXPECT_EQ(std::ranges::count(train.values, 0) + std::ranges::count(validation.values, 0), 5923);
}

}  // namespace
}  // namespace spvae
