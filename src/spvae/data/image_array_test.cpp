#include "spvae/data/image_array.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using Shape = std::vector<std::size_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class ImageArrayFile : public ::testing::Test {
 protected:
  template <class T>
  void write(const Shape& shape, const std::vector<T>& values) const {
    write_npy<T>(path_, shape, values);
  }
  /// Of a type that write_npy does not have: one axis of images of one pixel.
  void write_type(const std::string& type, std::size_t size, const std::string& values) const {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" +
                         std::to_string(values.size() / size) + ", 1), }";
    header.resize(117, ' ');
    const std::string bytes = std::string("\x93NUMPY\x01\x00v\x00", 10) + header + "\n" + values;
    folder_.write("images.npy", {bytes.begin(), bytes.end()});
  }
  void expect_header_refused(const std::string& part) const {
    expect_error(ErrorKind::kData, part, [&] { read_image_array_header(path_); });
  }
  void expect_values_refused(const std::vector<float>& values, const std::string& part) const {
    write<float>({values.size(), 1, 1}, values);
    expect_error(ErrorKind::kData, part, [&] { read_image_array_floats(path_, false); });
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "images.npy";
};

TEST_F(ImageArrayFile, MayHaveAnAxisOfOneChannelOrOfThreeLast) {
  const std::pair<Shape, int> shapes[] = {{{5, 2, 4}, 1},    {{5, 2, 4, 1}, 1}, {{5, 1, 2, 4}, 1},
                                          {{5, 2, 4, 3}, 3}, {{5, 16}, 1},      {{5, 1, 4, 3}, 3}};
  for (const auto& [shape, channels] : shapes) {
    std::size_t size = 1;
    for (const std::size_t axis : shape) size *= axis;
    write<std::uint8_t>(shape, Bytes(size));
    const ImageArray array = read_image_array_header(path_);
    EXPECT_EQ(array.count, 5u);
    EXPECT_EQ(array.channels, channels) << fmt::format("{}", shape);
    EXPECT_EQ(static_cast<std::size_t>(array.height * array.width * channels) * 5, size);
    EXPECT_EQ(array.size, std::filesystem::file_size(path_));
  }
}

TEST_F(ImageArrayFile, WithChannelsFirstIsToBeTransposed) {
  write<std::uint8_t>({5, 3, 2, 4}, Bytes(120));
  expect_header_refused("got an array of shape (5, 3, 2, 4), expected (images, height, width)");
  expect_header_refused("images.transpose(0, 2, 3, 1)");
  write<std::uint8_t>({5, 4, 2, 8}, Bytes(320));
  expect_header_refused("images[:, :3].transpose(0, 2, 3, 1)");
}

TEST_F(ImageArrayFile, OfAnotherShapeSaysWhatToDo) {
  write<std::uint8_t>({5, 2, 4, 4}, Bytes(160));
  expect_header_refused("images[..., :3]");
  write<std::uint8_t>({5, 6}, Bytes(30));
  expect_header_refused("images.reshape(-1, height, width)");
  write<std::uint8_t>({5, 2, 2, 2}, Bytes(40));
  expect_header_refused("choose or arrange its axes");
  write<std::uint8_t>({0, 2, 3}, {});
  expect_header_refused("holds nothing");
}

TEST_F(ImageArrayFile, OfAnotherTypeSaysWhatToDoByItsValues) {
  const auto refused = [this](const std::string& type, std::size_t size, const std::string& values,
                              const std::string& advice) {
    write_type(type, size, values);
    expect_header_refused(advice);
  };
  using namespace std::string_literals;
  refused("<u2", 2, "\0\0\xff\xff"s, "got uint16, expected uint8, or float32 or float64");
  refused("<u2", 2, "\0\0\xff\xff"s, "they go from 0 to 65535: use (images / 65535)");
  refused("<u2", 2, "\0\0\xa0\x0f"s, "from 0 to 4000: use (images / 4095)");
  refused("<u2", 2, "\0\0\xff\0"s, "from 0 to 255: use images.astype(numpy.uint8)");
  refused("|b1", 1, "\0\1"s, "got bool, expected uint8");
  refused("|b1", 1, "\0\1"s, "use images.astype(numpy.uint8) * 255");
  refused("|i1", 1, "\x80\x7f"s, "use (images.astype(numpy.float32) + 128) / 255");
  refused("|i1", 1, "\xfb\xfb"s, "all are -5: use (images - a) / (b - a)");
  refused("<f2", 2, "abcd", "use images.astype(numpy.float32)");
  refused("<U1", 4, "abcd", "save the pixels as one of these");
  write<std::int64_t>({2, 1}, {0, 1});
  expect_header_refused("got int64, expected uint8");
  expect_header_refused("use images.astype(numpy.uint8) * 255");
  write<std::int64_t>({2, 1}, {0, 70000});
  expect_header_refused("use (images / 131071)");
}

TEST_F(ImageArrayFile, OfValuesOutOfRangeSaysWhatToDoByTheRangeOfAll) {
  expect_values_refused({0.5f, 1.5f}, "pixel 0 of image 1 is 1.5, expected a value in [0, 1]");
  expect_values_refused({0.5f, -0.5f, 1, -1}, "the values go from -1 to 1: use (images + 1) / 2");
  expect_values_refused({-1.05f, 1}, "use numpy.clip((images + 1) / 2, 0, 1)");
  expect_values_refused({-0.01f, 1.02f}, "use numpy.clip(images, 0, 1)");
  expect_values_refused({0, 3, 255}, "from 0 to 255: use images.astype(numpy.uint8)");
  expect_values_refused({0, 3.5f, 254}, "use images / 255");
  expect_values_refused({0, 3.5f}, "divide all images by the greatest that they may have");
  expect_values_refused({-2.1f, 2.8f}, "undo their standardisation");
  expect_values_refused({-0.09f, 0.81f}, "use (images - numpy.nanmin(images)) / (numpy.nanmax");
  expect_values_refused({-0.0005f, 0.9f}, "use numpy.clip(images, 0, 1)");
  expect_values_refused({-0.05f, -0.05f}, "use (images - a) / (b - a)");
  expect_values_refused({0, kInfinity}, "replace those that are infinite");
  expect_values_refused({std::numeric_limits<float>::quiet_NaN()},
                        "is NaN, expected a value in [0, 1]; if it is missing, say --missing nan");
}

TEST_F(ImageArrayFile, WithMissingPixelsIsNotToBecomeOfATypeThatCannotHoldThem) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float greatest : {100.0f, 255.0f}) {
    write<float>({3, 1, 1}, {0, nan, greatest});
    expect_error(ErrorKind::kData, "use images / 255",
                 [&] { read_image_array_floats(path_, true); });
  }
}

}  // namespace
}  // namespace spvae
