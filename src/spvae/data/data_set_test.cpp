#include "spvae/data/data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "spvae/core/error_testing.h"
#include "spvae/data/colour.h"
#include "spvae/data/preprocess.h"
#include "spvae/io/digest.h"
#include "spvae/io/mat_testing.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using testing::gzip;
using ::testing::HasSubstr;
using testing::idx_file;
using testing::joined;
using testing::noise;
using testing::xz;

constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};

/// Images whose pixels all differ, first one from the other too.
Bytes image_bytes(std::size_t count, std::size_t pixels) {
  Bytes values(count * pixels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::uint8_t>(i % pixels * 5 + (i / pixels + i) % 5);
  }
  return values;
}

Bytes images_file(std::uint32_t count, std::uint32_t height = 3, std::uint32_t width = 4) {
  return idx_file({count, height, width}, image_bytes(count, std::size_t{height} * width));
}

Bytes svhn_file(std::int32_t images, std::uint32_t seed) {
  const Bytes values = noise(static_cast<std::size_t>(images) * 3072, seed);
  return joined(
      {testing::mat_header(), testing::mat_packed(testing::mat_labels()),
       testing::mat_packed(testing::mat_array({.shape = {32, 32, 3, images}, .values = values}))});
}

std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> indices) {
  std::ranges::sort(indices);
  return indices;
}

std::vector<std::uint32_t> first_numbers(std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return numbers;
}

/// The Error of opening `data` and reading its three splits.
std::string error_of(ErrorKind kind, const std::string& data) {
  try {
    const DataSet set({.data = data});
    ThreadPool pool(1);
    for (const Split split : kSplits) set.load(split, pool);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  return "no error";
}

class DataSetFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const Bytes& bytes) const {
    return folder_.write(name, bytes).string();
  }
  std::string path() const { return folder_.path().string(); }

  testing::TemporaryFolder folder_;
  ThreadPool pool_{2};
};

TEST(Mnist, IsDividedIntoFiftyTenTenThousandAndHasItsKnownSums) {
  const DataSet mnist({.values = 256});
  EXPECT_EQ(mnist.name(), "mnist");
  EXPECT_EQ(mnist.height(), 28);
  EXPECT_EQ(mnist.width(), 28);
  EXPECT_EQ(mnist.digest(), "49ecaa6b2c999574edbd3b68366e5a26fd26403dbb71a615a09393948dc9fdf3");
  EXPECT_EQ(mnist.count(Split::kTrain), 50000);
  EXPECT_EQ(mnist.count(Split::kValidation), 10000);
  EXPECT_EQ(mnist.count(Split::kTest), 10000);

  EXPECT_EQ(mnist.warning(), "");
  ASSERT_EQ(mnist.files().size(), 2u);
  EXPECT_EQ(mnist.files()[1].name, "t10k-images-idx3-ubyte");
  EXPECT_TRUE(mnist.files()[1].is_published());

  // Sums of the levels q of the published files, in exact fractions by another program.
  std::map<Split, std::int64_t> sums;
  std::vector<std::uint32_t> of_training_file;
  ThreadPool pool(2);
  for (const Split split : kSplits) {
    const ImageSet images = mnist.load(split, pool);
    ASSERT_EQ(images.count(), mnist.count(split));
    ASSERT_EQ(images.values.size(), images.indices.size() * 784);
    for (const float value : images.values) sums[split] += std::lrint(value * 255);
    if (split == Split::kTest) {
      EXPECT_EQ(images.indices, first_numbers(10000));
      double first = 0;
      for (int i = 0; i < 784; ++i) first += images.values[static_cast<std::size_t>(i)];
      EXPECT_NEAR(first * 255, 18454, 1e-2);
    } else {
      of_training_file.insert(of_training_file.end(), images.indices.begin(), images.indices.end());
    }
  }
  EXPECT_EQ(sums[Split::kTrain] + sums[Split::kValidation], 1567915668);
  EXPECT_EQ(sums[Split::kTest], 265029728);
  EXPECT_EQ(sorted(of_training_file), first_numbers(60000));
}

TEST_F(DataSetFiles, FolderIsDividedFiveToOneAndKeepsItsTestFile) {
  write("train-images-idx3-ubyte.gz", gzip(images_file(25)));
  write("t10k-images-idx3-ubyte", images_file(7));
  const DataSet set({.data = path()});
  EXPECT_EQ(set.name(), folder_.path().filename());
  const ImageSet train = set.load(Split::kTrain, pool_);
  const ImageSet validation = set.load(Split::kValidation, pool_);
  EXPECT_EQ(train.count(), 21);
  EXPECT_EQ(validation.count(), 4);
  EXPECT_EQ(set.load(Split::kTest, pool_).indices, first_numbers(7));
  std::vector<std::uint32_t> all = train.indices;
  all.insert(all.end(), validation.indices.begin(), validation.indices.end());
  EXPECT_EQ(sorted(all), first_numbers(25));
}

TEST_F(DataSetFiles, SingleFileIsDividedEightyTenTenAtRandom) {
  const std::string file = write("letters.gz", gzip(images_file(205)));
  const DataSet set({.data = file, .data_seed = 4});
  EXPECT_EQ(set.name(), "letters");
  std::vector<std::uint32_t> all;
  for (const auto& [split, count] :
       {std::pair{Split::kTrain, 165}, {Split::kValidation, 20}, {Split::kTest, 20}}) {
    const ImageSet images = set.load(split, pool_);
    EXPECT_EQ(images.count(), count);
    EXPECT_EQ(images.height, 3);
    EXPECT_EQ(images.width, 4);
    all.insert(all.end(), images.indices.begin(), images.indices.end());
  }
  EXPECT_NE(all, first_numbers(205));
  EXPECT_EQ(sorted(all), first_numbers(205));
  const DataSet same({.data = file, .data_seed = 4});
  const DataSet other({.data = file, .data_seed = 5});
  EXPECT_EQ(same.load(Split::kTest, pool_).indices, set.load(Split::kTest, pool_).indices);
  EXPECT_NE(other.load(Split::kTest, pool_).indices, set.load(Split::kTest, pool_).indices);
}

TEST_F(DataSetFiles, ImagesArePreparedByFileAndIndexAlone) {
  constexpr std::size_t kPixels = 12;
  const auto train_values = image_bytes(600, kPixels);
  const auto test_values = image_bytes(300, kPixels);
  write("train-images-idx3-ubyte", idx_file({600, 3, 4}, train_values));
  write("t10k-images-idx3-ubyte", idx_file({300, 3, 4}, test_values));
  for (const bool discrete : {false, true}) {
    const DataSet set({.data = path(), .data_seed = 8, .values = discrete ? 256 : 0});
    for (const Split split : kSplits) {
      const ImageSet images = set.load(split, pool_);
      const Bytes& source = split == Split::kTest ? test_values : train_values;
      const std::uint32_t file = split == Split::kTest ? 1 : 0;
      for (std::size_t row = 0; row < images.indices.size(); ++row) {
        const std::uint32_t index = images.indices[row];
        const auto pixels = std::span(source).subspan(index * kPixels, kPixels);
        std::vector<float> expected(kPixels);
        if (discrete) {
          prepare_discrete(pixels, expected);
        } else {
          prepare_continuous(pixels, 8, {.file = file, .index = index}, expected);
        }
        const auto begin = images.values.begin() + static_cast<std::ptrdiff_t>(row * kPixels);
        ASSERT_EQ(std::vector<float>(begin, begin + kPixels), expected) << "row " << row;
      }
    }
  }
}

TEST_F(DataSetFiles, TrainingAndValidationImagesMayBeLoadedAtOnce) {
  write("train_32x32.mat", svhn_file(20, 1));
  write("extra_32x32.mat", svhn_file(5, 2));
  write("test_32x32.mat", svhn_file(4, 3));
  for (const DataConfig& config :
       {DataConfig{.data = write("images", images_file(600)), .training_images = 77},
        DataConfig{.data = "svhn", .data_dir = path()}}) {
    const DataSet set(config);
    const auto [train, validation] = set.load_training(pool_);
    for (const auto& [images, split] :
         {std::pair{&train, Split::kTrain}, {&validation, Split::kValidation}}) {
      const ImageSet alone = set.load(split, pool_);
      EXPECT_EQ(images->indices, alone.indices);
      EXPECT_EQ(images->values, alone.values);
    }
  }
}

TEST_F(DataSetFiles, OneThreadGivesTheSameBitsAsThree) {
  const DataSet set({.data = write("images", images_file(2000))});
  ThreadPool one(1);
  ThreadPool three(3);
  const ImageSet first = set.load(Split::kTrain, one);
  const ImageSet second = set.load(Split::kTrain, three);
  EXPECT_EQ(first.values, second.values);
  EXPECT_EQ(first.indices, second.indices);
}

TEST_F(DataSetFiles, DigestTellsContentsApart) {
  const DataSet one({.data = write("one", images_file(20))});
  const DataSet same({.data = write("same", images_file(20))});
  Bytes changed = images_file(20);
  changed.back() ^= 1;
  const DataSet other({.data = write("other", changed)});
  EXPECT_EQ(one.digest().size(), 64u);
  EXPECT_EQ(one.digest(), same.digest());
  EXPECT_NE(one.digest(), other.digest());
}

TEST_F(DataSetFiles, DigestIsOfTheContentWhateverThePacking) {
  const DataSet plain({.data = write("images", images_file(20))});
  EXPECT_EQ(plain.digest(), sha256(plain.files()[0].sha256 + "\n"));
  for (const Bytes& packed : {gzip(images_file(20)), xz(images_file(20))}) {
    const DataSet set({.data = write("packed", packed)}, &pool_);
    EXPECT_EQ(set.digest(), plain.digest());
    EXPECT_EQ(set.load(Split::kTest, pool_).values, plain.load(Split::kTest, pool_).values);
  }
}

TEST_F(DataSetFiles, TrainingImagesMayBeFewerEachSubsetWithinTheNext) {
  const std::string file = write("images", images_file(205));
  const ImageSet all = DataSet({.data = file}).load(Split::kTrain, pool_);
  for (const int count : {1, 7, 164, 165}) {
    const DataSet set({.data = file, .training_images = count});
    EXPECT_EQ(set.count(Split::kTrain), count);
    EXPECT_EQ(set.count(Split::kValidation), 20);
    const ImageSet some = set.load(Split::kTrain, pool_);
    EXPECT_EQ(some.indices, std::vector(all.indices.begin(), all.indices.begin() + count));
    EXPECT_EQ(some.values, std::vector(all.values.begin(), all.values.begin() + count * 12));
  }
  try {
    const DataSet set({.data = file, .training_images = 166});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(),
                HasSubstr("training-images: got 166, but images has 165 training images"));
  }
}

TEST_F(DataSetFiles, UnknownNameIsUsageAndMissingPathIsNoInput) {
  EXPECT_THAT(error_of(ErrorKind::kUsage, "mnits"),
              AllOf(HasSubstr("mnits"), HasSubstr("unknown name; expected one of mnist")));
  EXPECT_THAT(error_of(ErrorKind::kNoInput, path() + "/absent"),
              AllOf(HasSubstr(path() + "/absent"), HasSubstr("no such file")));
  EXPECT_THAT(error_of(ErrorKind::kNoInput, path()),
              AllOf(HasSubstr(path() + ": no PNG files"), HasSubstr("no train-images-idx3-ubyte")));
}

TEST_F(DataSetFiles, TooFewImagesAreReported) {
  EXPECT_THAT(error_of(ErrorKind::kData, write("images", images_file(9))),
              HasSubstr("images: too few images to divide into training, validation and test: "
                        "got 9, expected at least 10"));
  write("train-images-idx3-ubyte", images_file(5));
  write("t10k-images-idx3-ubyte", images_file(1));
  EXPECT_THAT(error_of(ErrorKind::kData, path()),
              HasSubstr("too few images to divide into training and validation: got 5, "
                        "expected at least 6"));
  EXPECT_THAT(error_of(ErrorKind::kData, write("images", images_file(0))),
              HasSubstr("holds nothing"));
}

TEST_F(DataSetFiles, ImagesOfTwoSizesAreReported) {
  write("train-images-idx3-ubyte", images_file(12));
  write("t10k-images-idx3-ubyte", images_file(12, 4, 3));
  EXPECT_THAT(error_of(ErrorKind::kData, path()),
              HasSubstr("got images of 4 x 3 pixels, expected 3 x 4"));
}

TEST_F(DataSetFiles, FilesThatAreCutOffOrTooLongAreReportedWhenTheSetIsOpened) {
  const Bytes whole = images_file(20);
  Bytes cut_off = whole;
  cut_off.pop_back();
  Bytes longer = whole;
  longer.push_back(0);
  write("train-images-idx3-ubyte", whole);
  for (const auto& [content, sentence] : {std::pair{cut_off, "truncated: got 255"},
                                          {longer, "trailing bytes: got more than the 256"}}) {
    for (const Bytes& file : {content, gzip(content), xz(content)}) {
      write("t10k-images-idx3-ubyte", file);
      for (ThreadPool* pool : {static_cast<ThreadPool*>(nullptr), &pool_}) {
        testing::expect_error(ErrorKind::kData, "t10k-images-idx3-ubyte: " + std::string(sentence),
                              [&] { const DataSet set({.data = path()}, pool); });
      }
    }
  }

  for (const char* name : {"train_32x32.mat", "extra_32x32.mat", "test_32x32.mat"}) {
    write(name, svhn_file(20, 1));
  }
  const DataConfig svhn{.data = "svhn", .data_dir = path()};
  EXPECT_EQ(DataSet(svhn).count(Split::kTest), 20);
  Bytes file = svhn_file(20, 1);
  file.pop_back();
  write("test_32x32.mat", file);
  testing::expect_error(ErrorKind::kData, "test_32x32.mat: truncated: its content is ",
                        [&] { const DataSet set(svhn); });
}

TEST_F(DataSetFiles, DamagedFilesAreReported) {
  EXPECT_THAT(error_of(ErrorKind::kData, write("images", {'P', 'N', 'G', 0})),
              HasSubstr("not an IDX file"));
}

TEST_F(DataSetFiles, AFileThatChangesSizeInUseIsReported) {
  const std::string file = write("images", images_file(20));
  const DataSet set({.data = file});
  write("images", images_file(10));
  try {
    set.load(Split::kTrain, pool_);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr("got the shape 10 x 3 x 4, expected 20 x 3 x 4"));
  }
}

/// Of a named set's images in gray, `index` of a source, as the set prepares it.
std::vector<float> prepared(const Bytes& planes, std::uint32_t source, std::uint32_t index) {
  Bytes grays;
  for (std::size_t i = 0; i < 1024; ++i) {
    grays.push_back(gray(planes[i], planes[1024 + i], planes[2048 + i]));
  }
  std::vector<float> out(1024);
  prepare_continuous(grays, 0, {.file = source, .index = index}, out);
  return out;
}

std::vector<float> image_of(const ImageSet& images, std::size_t row) {
  const auto begin = images.values.begin() + static_cast<std::ptrdiff_t>(row * 1024);
  return {begin, begin + 1024};
}

/// A file of ten thousand CIFAR-10 records: few different images, told apart by `seed`.
Bytes cifar_batch(std::uint32_t seed) {
  Bytes records;
  for (std::uint32_t i = 0; i < 10; ++i) {
    records = joined({records, {3}, noise(3072, 10 * seed + i)});
  }
  Bytes batch;
  batch.reserve(1000 * records.size());
  for (int i = 0; i < 1000; ++i) batch.insert(batch.end(), records.begin(), records.end());
  return batch;
}

TEST_F(DataSetFiles, Cifar10IsFiveFilesDividedFourToOneAndItsTestFile) {
  for (std::uint32_t batch = 1; batch <= 5; ++batch) {
    write("data_batch_" + std::to_string(batch) + ".bin", cifar_batch(batch));
  }
  write("test_batch.bin", cifar_batch(6));
  const DataSet set({.data = "cifar10", .data_dir = path()}, &pool_);
  EXPECT_EQ(set.name(), "cifar10");
  EXPECT_EQ(set.height(), 32);
  EXPECT_EQ(set.width(), 32);
  EXPECT_EQ(set.count(Split::kTrain), 40000);
  EXPECT_EQ(set.count(Split::kTest), 10000);
  ASSERT_EQ(set.files().size(), 6u);
  EXPECT_EQ(set.files()[4].name, "data_batch_5.bin");
  EXPECT_THAT(set.warning(),
              AllOf(HasSubstr("data_batch_5.bin, test_batch.bin are not the published files"),
                    HasSubstr(set.files()[4].sha256)));

  const ImageSet validation = set.load(Split::kValidation, pool_);
  ASSERT_EQ(validation.count(), 10000);
  for (std::size_t row = 0; row < 10000; row += 999) {
    const std::uint32_t index = validation.indices[row];
    const Bytes planes = noise(3072, 10 * (1 + index / 10000) + index % 10);
    EXPECT_EQ(image_of(validation, row), prepared(planes, 0, index));
  }
  const ImageSet test = set.load(Split::kTest, pool_);
  EXPECT_EQ(image_of(test, 123), prepared(noise(3072, 63), 1, 123));
  std::vector<std::uint32_t> all = set.load(Split::kTrain, pool_).indices;
  all.insert(all.end(), validation.indices.begin(), validation.indices.end());
  EXPECT_EQ(sorted(all), first_numbers(50000));

  const Labels labels = set.labels(Split::kTest);
  EXPECT_EQ(labels.names, (std::vector<std::string>{"cat"}));  // of label 3, the only one there is
  EXPECT_EQ(labels.values, std::vector<int>(10000, 0));

  // Another number of records is an error at once.
  Bytes longer = cifar_batch(6);
  longer.push_back(0);
  write("test_batch.bin", longer);
  testing::expect_error(ErrorKind::kData, "test_batch.bin: trailing bytes",
                        [&] { const DataSet other({.data = "cifar10", .data_dir = path()}); });
}

TEST_F(DataSetFiles, SvhnIsThreeFilesOneForEachSplit) {
  write("train_32x32.mat", svhn_file(20, 1));
  write("extra_32x32.mat", svhn_file(5, 2));
  write("test_32x32.mat.gz", gzip(svhn_file(4, 3)));
  const DataSet set({.data = "svhn", .data_dir = path()}, &pool_);
  EXPECT_EQ(set.height(), 32);
  const ImageSet train = set.load(Split::kTrain, pool_);
  EXPECT_NE(train.indices, first_numbers(20));
  EXPECT_EQ(sorted(train.indices), first_numbers(20));
  const ImageSet validation = set.load(Split::kValidation, pool_);
  const ImageSet test = set.load(Split::kTest, pool_);
  EXPECT_EQ(validation.indices, first_numbers(5));
  EXPECT_EQ(test.indices, first_numbers(4));
  EXPECT_EQ(set.files()[2].name, "test_32x32.mat");
  EXPECT_THAT(set.warning(), HasSubstr("not comparable with the paper's"));

  // Columns first in the file; sources are numbered training, validation, test.
  const auto planes_of = [](std::uint32_t seed, std::size_t images, std::size_t index) {
    const Bytes values = noise(images * 3072, seed);
    Bytes planes;
    for (std::size_t i = 0; i < 3072; ++i) {
      const std::size_t row = i % 1024 / 32;
      planes.push_back(values[index * 3072 + i / 1024 * 1024 + row + 32 * (i % 32)]);
    }
    return planes;
  };
  for (std::size_t row = 0; row < 20; ++row) {
    const std::uint32_t index = train.indices[row];
    EXPECT_EQ(image_of(train, row), prepared(planes_of(1, 20, index), 0, index));
  }
  EXPECT_EQ(image_of(validation, 4), prepared(planes_of(2, 5, 4), 1, 4));
  EXPECT_EQ(image_of(test, 3), prepared(planes_of(3, 4, 3), 2, 3));
}

}  // namespace
}  // namespace spvae
