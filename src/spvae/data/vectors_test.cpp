// Data sets of vectors, from CSV and NumPy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "spvae/core/error.h"
#include "spvae/data/data_set.h"
#include "spvae/data/vector_file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class Vectors : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string csv(const std::string& text) const {
    return folder_.write("table.csv", {text.begin(), text.end()}).string();
  }
  template <class T>
  std::string npy(const std::vector<std::size_t>& shape, const std::vector<T>& values) const {
    write_npy<T>(path("array.npy"), shape, values);
    return path("array.npy");
  }
  template <class Use>
  static std::string message(ErrorKind kind, const Use& use) {
    try {
      use();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  std::string refusal(const DataConfig& config) {
    return message(ErrorKind::kData, [&] { DataSet(config).load(Split::kTrain, pool_); });
  }

  testing::TemporaryFolder folder_;
  ThreadPool pool_{2};
};

TEST_F(Vectors, AreTheRowsOfATableWithTheNamesOfItsColumns) {
  const DataSet data({.data = csv("length,\"a, b\"\n1.5,-2\n3,400\n"), .whole = true});
  EXPECT_EQ(data.name(), "table.csv");
  EXPECT_THAT(data.columns(), ElementsAre("length", "a, b"));
  EXPECT_TRUE(data.is_float());
  const ImageSet vectors = data.load(Split::kTest, pool_);
  EXPECT_EQ(vectors.variables(), 2);
  EXPECT_THAT(vectors.values, ElementsAre(1.5f, -2, 3, 400));
  EXPECT_EQ(vectors.columns.names, data.columns());
  EXPECT_TRUE(vectors.observed.empty());
  EXPECT_THAT(array_shape(vectors, {7}), ElementsAre(7, 2));
}

TEST_F(Vectors, AreTheRowsOfAnArrayUnlessItMayBeOfSquareImages) {
  const std::string file = npy<double>({2, 3}, {1, 2, 3, 4, 5, -6});
  const DataSet data({.data = file, .whole = true});
  EXPECT_THAT(data.columns(), ElementsAre("x0", "x1", "x2"));
  EXPECT_THAT(data.load(Split::kTest, pool_).values, ElementsAre(1, 2, 3, 4, 5, -6));
  npy<double>({1, 4}, {0, 1, 1, 0});
  EXPECT_EQ(columns_of_vectors(file, false), 0);
  EXPECT_EQ(columns_of_vectors(file, true), 4);
  npy<std::int64_t>({1, 4}, {0, 1, 1, 0});
  EXPECT_EQ(columns_of_vectors(file, false), 4);
  npy<float>({1, 2, 2}, {0, 1, 1, 0});
  EXPECT_EQ(columns_of_vectors(file, false), 0);
  EXPECT_THAT(message(ErrorKind::kUsage, [&] { columns_of_vectors(file, true); }),
              HasSubstr("holds an array of shape (1, 2, 2), expected (rows, columns)"));
  EXPECT_THAT(message(ErrorKind::kUsage, [&] { columns_of_vectors("a.png", true); }),
              HasSubstr("vectors: got a.png, expected a .csv or .npy file"));
}

TEST_F(Vectors, AreDividedAsImagesOfAFileAre) {
  std::string text = "a,b\n";
  for (int i = 0; i < 30; ++i) text += std::to_string(i) + ",1\n";
  const DataSet data({.data = csv(text)});
  EXPECT_EQ(data.count(Split::kTrain), 24);
  EXPECT_EQ(data.count(Split::kValidation), 3);
  const ImageSet test = data.load(Split::kTest, pool_);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(test.values[2 * i], static_cast<float>(test.indices[i]));
  }
}

TEST_F(Vectors, LackValuesOnlyWhereThisIsSaid) {
  DataConfig config{.data = csv("a,b\n1,\n3,4\n"), .whole = true};
  EXPECT_THAT(refusal(config), HasSubstr("line 2, column b: got a missing value, expected a finite "
                                         "number; if it may be missing, say --missing nan"));
  config.missing = Missing::kNan;
  const ImageSet vectors = DataSet(config).load(Split::kTrain, pool_);
  EXPECT_THAT(vectors.observed, ElementsAre(1, 0, 1, 1));
  EXPECT_EQ(vectors.values[1], 0);

  config = {.data = npy<float>({2, 3}, {1, 2, 3, 4, kNan, 5}), .whole = true};
  EXPECT_THAT(refusal(config), HasSubstr("row 1, column x1: got a missing value"));
  config.missing = Missing::kNan;
  EXPECT_THAT(DataSet(config).load(Split::kTrain, pool_).observed, ElementsAre(1, 1, 1, 1, 0, 1));
  config.data = npy<float>({1, 2}, {1, std::numeric_limits<float>::infinity()});
  EXPECT_THAT(refusal(config), HasSubstr("row 0, column x1: got a value beyond float32"));
}

TEST_F(Vectors, MayBeMaskedByOneRowForAllOrOneForEach) {
  const std::string data = csv("a,b\n1,2\n3,4\n5,6\n");
  const auto observed = [&](const std::vector<std::size_t>& shape,
                            const std::vector<std::uint8_t>& values) {
    write_npy<std::uint8_t>(path("mask.npy"), shape, values);
    return DataSet({.data = data, .whole = true, .mask = path("mask.npy")})
        .load(Split::kTrain, pool_)
        .observed;
  };
  EXPECT_THAT(observed({2}, {0, 1}), ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_THAT(observed({3, 2}, {0, 1, 1, 1, 1, 0}), ElementsAre(0, 1, 1, 1, 1, 0));
  EXPECT_THAT(message(ErrorKind::kData, [&] { observed({3}, {0, 1, 1}); }),
              HasSubstr("mask of shape (3), expected (2) for all rows, or (3, 2) for each"));
}

TEST_F(Vectors, OfALikelihoodOfWholeNumbersHoldNothingElse) {
  DataConfig config{.data = csv("a,b\n0,2\n1,2\n"), .values = 3, .whole = true};
  EXPECT_THAT(DataSet(config).load(Split::kTrain, pool_).values, ElementsAre(0, 2, 1, 2));
  for (const char* bad : {"a,b\n0,3\n", "a,b\n0,0.5\n", "a,b\n0,-1\n"}) {
    config.data = csv(bad);
    EXPECT_THAT(refusal(config),
                HasSubstr("but the likelihood takes the whole numbers 0 to 2; choose gaussian"));
  }
}

TEST_F(Vectors, AreStandardisedByWhatIsObserved) {
  const DataSet data({.data = csv("a,b\n1,5\n3,\n5,9\n"), .whole = true, .missing = Missing::kNan});
  const Columns columns = standardised_columns(data.load(Split::kTrain, pool_));
  EXPECT_DOUBLE_EQ(columns.mean[0], 3);
  EXPECT_DOUBLE_EQ(columns.deviation[0], std::sqrt(8.0 / 3));
  EXPECT_DOUBLE_EQ(columns.mean[1], 7);
  EXPECT_DOUBLE_EQ(columns.deviation[1], 2);
  EXPECT_EQ(columns.to_model(1, 9), 1);
  EXPECT_EQ(columns.to_data(1, 1), 9);
  const auto of = [&](const char* text) {
    const DataSet set({.data = csv(text), .whole = true, .missing = Missing::kNan});
    return message(ErrorKind::kData, [&] { standardised_columns(set.load(Split::kTrain, pool_)); });
  };
  EXPECT_THAT(of("a,b\n1,0.1\n2,0.1\n3,0.1\n"),
              HasSubstr("column b is the same, in float32, in the training rows"));
  EXPECT_THAT(of("a,b\n1,\n2,nan\n"), HasSubstr("column b has no value in the training rows"));
}

TEST_F(Vectors, AreOfTheColumnsThatAModelIsOf) {
  const DataSet data({.data = csv("a,b\n1,5\n"), .whole = true});
  const ImageSet vectors = data.load(Split::kTrain, pool_);
  EXPECT_NO_THROW(check_images(vectors, 1, 2, 1, {.names = {"a", "b"}}));
  const auto of = [&](const Columns& columns) {
    return message(ErrorKind::kData, [&] { check_images(vectors, 1, 2, 1, columns); });
  };
  EXPECT_THAT(of({.names = {"b", "a"}}),
              HasSubstr("column 1 of the data is 'a', but of the model 'b'"));
  EXPECT_THAT(of({.names = {"a", "b", "c"}}),
              HasSubstr("the data are vectors of 2 columns, but the model is of vectors of 3"));
  EXPECT_THAT(of({}), HasSubstr("the data are vectors of 2 columns, but the model is of images"));
  ImageSet unnamed = vectors;
  unnamed.columns = {.names = numbered_columns(2), .are_numbered = true};
  EXPECT_NO_THROW(check_images(unnamed, 1, 2, 1, {.names = {"a", "b"}}));
  // Names that are given count, whatever they are.
  const DataSet numbered({.data = csv("x0,x1\n1,5\n"), .whole = true});
  EXPECT_THROW(check_images(numbered.load(Split::kTrain, pool_), 1, 2, 1, {.names = {"x1", "x0"}}),
               Error);
  const std::vector<float> values(2);
  const DataSet array({.data = npy<float>({1, 2}, values), .whole = true});
  EXPECT_TRUE(array.load(Split::kTrain, pool_).columns.are_numbered);
}

TEST_F(Vectors, AndImagesHaveAllTheirValues) {
  const DataSet data({.data = csv("a,b\n1,5\n"), .whole = true});
  ImageSet vectors = data.load(Split::kTrain, pool_);
  vectors.indices.resize(3);
  EXPECT_THAT(
      message(ErrorKind::kData, [&] { check_images(vectors, 1, 2, 1, {.names = {"a", "b"}}); }),
      HasSubstr("got 2 values of 3 images, expected 6"));
}

TEST_F(Vectors, HaveAtMostAsManyColumnsAsAModel) {
  const std::vector<float> values(5000);
  const std::string file = npy<float>({1, 5000}, values);
  EXPECT_THAT(refusal({.data = file, .whole = true}),
              HasSubstr("expected 1 to 67108864 rows of 1 to 4096 columns"));
}

}  // namespace
}  // namespace spvae
