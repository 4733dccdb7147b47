#include "spvae/data/image_array.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "spvae/core/error.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_shape(const fs::path& file, const std::vector<std::size_t>& shape,
                             const std::string& advice) {
  fail(ErrorKind::kData,
       "{}: got an array of shape ({}), expected (images, height, width), (images, height, width, "
       "3) of colours, or (images, pixels) of square images; {}",
       file.string(), fmt::join(shape, ", "), advice);
}

/// What to do with an array whose shape is not one of images.
std::string shape_advice(const std::vector<std::size_t>& shape) {
  // A reshape would take the planes of colours for images of their own.
  if (shape.size() == 4 && shape[1] == 3) {
    return "put the channels last, images.transpose(0, 2, 3, 1)";
  }
  if (shape.size() == 4 && shape[3] == 4) return "leave out alpha, images[..., :3]";
  if (shape.size() == 4 && shape[1] == 4) {
    return "leave out alpha and put the channels last, images[:, :3].transpose(0, 2, 3, 1)";
  }
  if (shape.size() == 2) return "use images.reshape(-1, height, width)";
  return "choose or arrange its axes so";
}

/// The shape of what an array holds, if these are images.
ImageArray shape_of_images(const fs::path& file, const std::vector<std::size_t>& shape) {
  constexpr std::size_t kMaxSide = 1u << 15;
  const bool is_colour = shape.size() == 4 && shape[3] == 3;
  std::vector<std::size_t> sides = shape;  // images, height, width
  if (shape.size() == 2) {
    const auto side =
        static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(shape[1]))));
    if (side * side != shape[1]) fail_shape(file, shape, shape_advice(shape));
    sides = {shape[0], side, side};
  } else if (is_colour || (shape.size() == 4 && shape[3] == 1)) {
    sides.pop_back();
  } else if (shape.size() == 4 && shape[1] == 1) {
    sides.erase(sides.begin() + 1);
  }
  if (sides.size() != 3) fail_shape(file, shape, shape_advice(shape));
  if (std::ranges::find(sides, 0u) != sides.end()) {
    fail(ErrorKind::kData, "{}: holds nothing: got an array of shape ({})", file.string(),
         fmt::join(shape, ", "));
  }
  if (sides[1] > kMaxSide || sides[2] > kMaxSide || sides[0] > kMaxImages) {
    fail(ErrorKind::kData, "{}: got an array of shape ({}), expected at most {} images of {} x {}",
         file.string(), fmt::join(shape, ", "), kMaxImages, kMaxSide, kMaxSide);
  }
  return {.count = static_cast<std::uint32_t>(sides[0]),
          .height = static_cast<int>(sides[1]),
          .width = static_cast<int>(sides[2]),
          .channels = is_colour ? 3 : 1};
}

/// For values that are all the same: by their own range they would be divided by 0.
constexpr const char* kByPossibleRange =
    "use (images - a) / (b - a), a and b the least and the greatest that they may have";

/// What to do with whole numbers of another type than uint8. A mere astype(uint8) would wrap.
std::string advice_of_range(const NpyRange& range) {
  if (range.least < 0 && range.least == range.greatest) {
    return fmt::format("all are {}: {}", range.least, kByPossibleRange);
  }
  if (range.least < 0) {
    return fmt::format(
        "they go from {} to {}: use (images.astype(numpy.float32) + {}) / {}, or the least and the "
        "greatest that they may have",
        range.least, range.greatest, -range.least, range.greatest - range.least);
  }
  const std::string go = fmt::format("they go from {} to {}: ", range.least, range.greatest);
  if (range.greatest <= 1) return go + "use images.astype(numpy.uint8) * 255";
  if (range.greatest <= 255) return go + "use images.astype(numpy.uint8)";
  double most = 1023;  // the greatest number of 10 bits, or of as many as are needed
  while (most < range.greatest) most = 2 * most + 1;
  return go +
         fmt::format("use (images / {}).astype(numpy.float32), or the greatest that they may have",
                     most);
}

std::string advice_of_type(const fs::path& file, const NpyHeader& header) {
  if (header.type == NpyType::kBool) return "use images.astype(numpy.uint8) * 255";
  if (header.type_name == "float16") return "use images.astype(numpy.float32)";
  const std::optional<NpyRange> range = read_npy_range(file);
  return range ? advice_of_range(*range) : "save the pixels as one of these";
}

/// What to do with floating-point numbers that are not all in [0, 1].
std::string advice_of_values(std::span<const float> values) {
  float least = std::numeric_limits<float>::infinity();
  float greatest = -least;
  bool are_whole = true;
  bool has_nan = false;  // which no type of whole numbers holds
  for (const float value : values) {
    has_nan = has_nan || std::isnan(value);
    if (std::isnan(value)) continue;
    least = std::min(least, value);
    greatest = std::max(greatest, value);
    are_whole = are_whole && std::rint(value) == value;
  }
  constexpr float kBeyond = 0.1f;      // as interpolation overshoots
  constexpr float kRounding = 0.001f;  // what may be cut off any values
  const std::string go = fmt::format("the values go from {} to {}: ", least, greatest);
  if (std::isinf(least) || std::isinf(greatest)) return go + "replace those that are infinite";
  if (least < 0 && least == greatest) return go + kByPossibleRange;
  // What overshoots reaches 1; others are shifted, and a cut would lose all below 0.
  if (least < -kRounding && least >= -kBeyond && greatest < 1) {
    return go +
           "use (images - numpy.nanmin(images)) / (numpy.nanmax(images) - numpy.nanmin(images)), "
           "with the least and the greatest of all images";
  }
  if (least >= -kBeyond && greatest <= 1 + kBeyond) return go + "use numpy.clip(images, 0, 1)";
  if (least >= -1 && greatest <= 1) return go + "use (images + 1) / 2";
  if (least >= -1 - kBeyond && greatest <= 1 + kBeyond) {
    return go + "use numpy.clip((images + 1) / 2, 0, 1)";
  }
  if (least >= 0 && greatest <= 255 && are_whole && !has_nan) {
    return go + "use images.astype(numpy.uint8)";
  }
  if (least >= 0 && greatest <= 255 && (are_whole || greatest > 128)) {
    return go + "use images / 255";
  }
  if (least >= 0) return go + "divide all images by the greatest that they may have";
  return go +
         "undo their standardisation, or use (images - a) / (b - a), a and b the least and the "
         "greatest of all images";
}

void check_values(const fs::path& file, std::span<const float> values, const ImageArray& array,
                  bool may_be_vectors, bool takes_nan) {
  const auto channels = static_cast<std::size_t>(array.channels);
  const std::size_t size = values.size() / array.count;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float value = values[i];
    if ((value >= 0.0f && value <= 1.0f) || (takes_nan && std::isnan(value))) continue;
    fail(ErrorKind::kData, "{}: pixel {} of image {} is {}, expected a value in [0, 1]; {}{}",
         file.string(), i % size / channels, i / size,
         std::isnan(value) ? "NaN" : fmt::format("{}", value),
         std::isnan(value) ? "if it is missing, say --missing nan" : advice_of_values(values),
         may_be_vectors ? ", or, if the rows are vectors, say --vectors" : "");
  }
}

}  // namespace

ImageArray read_image_array_header(const fs::path& file) {
  const NpyHeader header = read_npy_header(file);
  ImageArray array = shape_of_images(file, header.shape);
  array.size = header.size;
  array.is_float = header.type == NpyType::kFloat || header.type == NpyType::kDouble;
  if (!array.is_float && header.type != NpyType::kByte) {
    fail(ErrorKind::kData, "{}: got {}, expected uint8, or float32 or float64 in [0, 1]; {}",
         file.string(), header.type_name, advice_of_type(file, header));
  }
  return array;
}

std::vector<float> read_image_array_floats(const fs::path& file, bool takes_nan) {
  const NpyHeader header = read_npy_header(file);
  NpyArray<float> array;
  if (header.type == NpyType::kFloat) {
    array = read_npy<float>(file);
  } else {
    const NpyArray<double> doubles = read_npy<double>(file);
    array = {.shape = doubles.shape, .values = {doubles.values.begin(), doubles.values.end()}};
  }
  check_values(file, array.values, shape_of_images(file, array.shape), array.shape.size() == 2,
               takes_nan);
  return std::move(array.values);
}

}  // namespace spvae
