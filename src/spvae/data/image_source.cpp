#include "spvae/data/image_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <mutex>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/data/colour.h"
#include "spvae/io/cifar.h"
#include "spvae/io/idx.h"
#include "spvae/io/mat.h"
#include "spvae/io/npy.h"
#include "spvae/io/png.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMaxImages = 1u << 26;  // of one permutation
constexpr std::uint64_t kCifarRecordSize = 1 + kPlanesSize;

using Bytes = std::span<const std::uint8_t>;

/// Writes the images that it is given in so many channels, as many as there is room for.
TakePlanes into_pixels(int channels, std::span<std::uint8_t> out) {
  return [channels, out](Bytes planes) mutable {
    if (out.empty()) return;
    std::array<std::uint8_t, kPlanesSize> colours;
    pixels_of_planes(planes, colours);
    const std::size_t size = kPlaneSize * static_cast<std::size_t>(channels);
    convert_channels(Bytes(colours), 3, channels, out.first(size));
    out = out.subspan(size);
  };
}

struct ArrayShape {
  std::uint32_t count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;
};

/// What an array of this shape holds, if these are images.
ArrayShape shape_of_images(const fs::path& file, const std::vector<std::size_t>& shape) {
  constexpr std::size_t kMaxSide = 1u << 15;
  const bool is_flat = shape.size() == 2;
  const bool is_colour = shape.size() == 4 && shape[3] == 3;
  const bool has_sides = shape.size() == 3 || is_colour;
  std::size_t height = has_sides ? shape[1] : 0;
  std::size_t width = has_sides ? shape[2] : 0;
  if (is_flat) {
    height = width =
        static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(shape[1]))));
  }
  const bool is_square = !is_flat || height * width == shape[1];
  if (shape.size() == 4 && shape[3] == 4) {
    fail(
        ErrorKind::kData,
        "{}: got an array of shape ({}), expected (images, height, width, 3) of colours; leave out "
        "alpha, images[..., :3]",
        file.string(), fmt::join(shape, ", "));
  }
  if ((!is_flat && !has_sides) || !is_square) {
    fail(ErrorKind::kData,
         "{}: got an array of shape ({}), expected (images, height, width), (images, height, "
         "width, 3) of colours, or (images, pixels) of square images; use numpy.reshape(images, "
         "(-1, height, width))",
         file.string(), fmt::join(shape, ", "));
  }
  if (shape[0] == 0 || height == 0 || width == 0) {
    fail(ErrorKind::kData, "{}: holds nothing: got an array of shape ({})", file.string(),
         fmt::join(shape, ", "));
  }
  if (height > kMaxSide || width > kMaxSide || shape[0] > kMaxImages) {
    fail(ErrorKind::kData, "{}: got an array of shape ({}), expected at most {} images of {} x {}",
         file.string(), fmt::join(shape, ", "), kMaxImages, kMaxSide, kMaxSide);
  }
  return {static_cast<std::uint32_t>(shape[0]), static_cast<int>(height), static_cast<int>(width),
          is_colour ? 3 : 1};
}

/// The values of a file of floating-point numbers, doubles rounded.
NpyArray<float> read_npy_floats(const fs::path& file) {
  if (read_npy_header(file).type == NpyType::kFloat) return read_npy<float>(file);
  const NpyArray<double> doubles = read_npy<double>(file);
  return {.shape = doubles.shape, .values = {doubles.values.begin(), doubles.values.end()}};
}

void check_values(const fs::path& file, std::span<const float> values, std::size_t size,
                  int channels, bool takes_nan) {
  const auto place = [&](std::size_t i) {
    const auto colours = static_cast<std::size_t>(channels);
    return fmt::format("pixel {} of image {}", i % size / colours, i / size);
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float value = values[i];
    if ((value >= 0.0f && value <= 1.0f) || (takes_nan && std::isnan(value))) continue;
    if (std::isnan(value)) {
      fail(ErrorKind::kData,
           "{}: {} is NaN, expected a value in [0, 1]; if it is missing, say "
           "--missing nan",
           file.string(), place(i));
    }
    fail(ErrorKind::kData,
         "{}: {} is {}, expected a value in [0, 1]; divide by the greatest, or "
         "save 8-bit values as numpy.uint8",
         file.string(), place(i), value);
  }
}

}  // namespace

void check_same_size(const fs::path& file, int got_height, int got_width, const fs::path& first,
                     int height, int width) {
  if (got_height == height && got_width == width) return;
  fail(ErrorKind::kData, "{}: got images of {} x {} pixels, expected {} x {} as in {}",
       file.string(), got_height, got_width, height, width, first.string());
}

ImageSource::ImageSource(ImageFormat format, std::vector<fs::path> files,
                         std::uint32_t images_of_file)
    : format_(format), images_of_file_(images_of_file), files_(std::move(files)) {
  assert(!files_.empty());
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const Shape shape = read_shape(i);
    if (i == 0) {
      height_ = shape.height;
      width_ = shape.width;
      is_float_ = shape.is_float;
    }
    check_same_size(files_[i], shape.height, shape.width, files_[0], height_, width_);
    if (images_of_file_ != 0 && shape.count != images_of_file_) {
      fail(ErrorKind::kData, "{}: got {} images, expected {}", files_[i].string(), shape.count,
           images_of_file_);
    }
    if (shape.count > kMaxImages - count()) {
      fail(ErrorKind::kData, "{}: too many images: got {}, expected at most {}", files_[i].string(),
           std::uint64_t{count()} + shape.count, kMaxImages);
    }
    channels_ = std::max(channels_, shape.channels);
    first_.push_back(count() + shape.count);
    sizes_.push_back(shape.size);
  }
}

ImageSource::Shape ImageSource::read_shape(std::size_t file) const {
  switch (format_) {
    case ImageFormat::kIdx: {
      const std::vector<std::uint32_t> shape = read_idx_shape(files_[file], 3);
      return {shape[0], static_cast<int>(shape[1]), static_cast<int>(shape[2]), 1, idx_size(shape)};
    }
    case ImageFormat::kCifar:
      assert(images_of_file_ > 0);
      return {images_of_file_, kPlaneSide, kPlaneSide, 3, images_of_file_ * kCifarRecordSize};
    case ImageFormat::kMat: {
      const MatImages images = read_mat_images(files_[file]);
      return {images.count, kPlaneSide, kPlaneSide, 3, images.end};
    }
    case ImageFormat::kPng: {
      const PngHeader header = read_png_header(files_[file]);
      return {1, header.height, header.width, header.channels, 0};
    }
    case ImageFormat::kNpy: {
      const NpyHeader header = read_npy_header(files_[file]);
      const bool is_float = header.type == NpyType::kFloat || header.type == NpyType::kDouble;
      if (!is_float && header.type != NpyType::kByte) {
        fail(ErrorKind::kData,
             "{}: got {}, expected uint8, or float32 or float64 in [0, 1]; use "
             "numpy.ndarray.astype",
             files_[file].string(), header.type_name);
      }
      const ArrayShape shape = shape_of_images(files_[file], header.shape);
      return {shape.count, shape.height, shape.width, shape.channels, header.size, is_float};
    }
  }
  return {};
}

void ImageSource::check_size(std::size_t file, std::uint64_t size) const {
  const std::uint64_t expected = sizes_[file];
  if (size == expected || (format_ == ImageFormat::kMat && size > expected)) return;
  if (format_ == ImageFormat::kPng) return;
  switch (format_) {  // to say what is wrong as those say it who read the images
    case ImageFormat::kIdx:
      static_cast<void>(read_idx_values(file));
      break;
    case ImageFormat::kCifar:
      read_cifar(files_[file], images_of(file), [](std::span<const std::uint8_t>) {});
      break;
    case ImageFormat::kMat:
      fail(ErrorKind::kData,
           "{}: truncated: its content is {} bytes, expected at least {}, to the end of array X; "
           "fetch it again",
           files_[file].string(), size, expected);
    case ImageFormat::kNpy:
      fail(ErrorKind::kData, "{}: {}: got {} bytes, expected {} by its header",
           files_[file].string(), size < expected ? "truncated" : "trailing bytes", size, expected);
    case ImageFormat::kPng:
      break;
  }
  fail(ErrorKind::kData, "{}: changed while it was in use: got {} bytes, expected {}",
       files_[file].string(), size, expected);
}

std::vector<std::uint8_t> ImageSource::read_idx_values(std::size_t file) const {
  IdxArray array = read_idx(files_[file], 3);
  const std::vector<std::uint32_t> expected = {images_of(file), static_cast<std::uint32_t>(height_),
                                               static_cast<std::uint32_t>(width_)};
  if (array.shape != expected) {
    fail(ErrorKind::kData, "{}: changed while it was in use: got the shape {}, expected {}",
         files_[file].string(), fmt::join(array.shape, " x "), fmt::join(expected, " x "));
  }
  return std::move(array.values);
}

void ImageSource::read_bytes_of_file(std::size_t file, int channels,
                                     std::span<std::uint8_t> out) const {
  const std::size_t pixels = out.size() / static_cast<std::size_t>(channels);
  switch (format_) {
    case ImageFormat::kIdx:
      convert_channels(Bytes(read_idx_values(file)).first(pixels), 1, channels, out);
      break;
    case ImageFormat::kCifar:
      read_cifar(files_[file], images_of(file), into_pixels(channels, out));
      break;
    case ImageFormat::kMat:
      read_mat(files_[file], static_cast<std::uint32_t>(pixels / kPlaneSize),
               into_pixels(channels, out));
      break;
    case ImageFormat::kPng: {
      const Picture png = read_png(files_[file]);
      if (png.height != height_ || png.width != width_) fail_changed(file);
      convert_channels(Bytes(png.pixels), png.channels, channels, out);
      break;
    }
    case ImageFormat::kNpy: {
      const NpyArray<std::uint8_t> array = read_npy<std::uint8_t>(files_[file]);
      if (array.values.size() != images_of(file) * own_values()) fail_changed(file);
      convert_channels(Bytes(array.values).first(pixels * static_cast<std::size_t>(channels_)),
                       channels_, channels, out);
      break;
    }
  }
}

void ImageSource::fail_changed(std::size_t file) const {
  fail(ErrorKind::kData, "{}: changed while it was in use: its images are no longer {} of {} x {}",
       files_[file].string(), images_of(file), height_, width_);
}

std::vector<std::uint8_t> ImageSource::read_bytes(std::uint32_t count, int channels,
                                                  ThreadPool& pool,
                                                  const LoadObserver& observer) const {
  assert(count <= this->count() && !is_float_);
  assert(channels == 1 || channels == 3);
  const std::size_t size = pixels() * static_cast<std::size_t>(channels);
  std::vector<std::uint8_t> bytes;
  if (format_ == ImageFormat::kIdx && files_.size() == 1 && channels == 1) {  // without a copy
    bytes = read_idx_values(0);
    bytes.resize(count * size);
    return bytes;
  }
  bytes.resize(count * size);
  std::mutex mutex;
  std::size_t done = 0;
  const auto files = std::ranges::lower_bound(first_, count) - first_.begin();
  pool.run(static_cast<int>(files), [&](int task, int) {
    const auto file = static_cast<std::size_t>(task);
    const std::size_t images = std::min(count, first_[file + 1]) - first_[file];
    read_bytes_of_file(file, channels,
                       std::span(bytes).subspan(first_[file] * size, images * size));
    if (!observer) return;
    const std::scoped_lock lock(mutex);
    observer(++done, static_cast<std::size_t>(files));
  });
  return bytes;
}

std::vector<float> ImageSource::read_floats(std::uint32_t count, bool takes_nan) const {
  assert(count <= this->count() && is_float_);
  std::vector<float> all;
  for (std::size_t file = 0; file < files_.size() && first_[file] < count; ++file) {
    NpyArray<float> array = read_npy_floats(files_[file]);
    if (array.values.size() != images_of(file) * own_values()) fail_changed(file);
    check_values(files_[file], array.values, own_values(), channels_, takes_nan);
    if (file == 0) {
      all = std::move(array.values);
    } else {
      all.insert(all.end(), array.values.begin(), array.values.end());
    }
  }
  all.resize(count * own_values());
  return all;
}

}  // namespace spvae
