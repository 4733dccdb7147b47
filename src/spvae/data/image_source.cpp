#include "spvae/data/image_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/data/colour.h"
#include "spvae/data/image_array.h"
#include "spvae/data/vector_file.h"
#include "spvae/io/cifar.h"
#include "spvae/io/idx.h"
#include "spvae/io/mat.h"
#include "spvae/io/npy.h"
#include "spvae/io/png.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

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
      columns_ = shape.columns;
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
    case ImageFormat::kVectors: {
      VectorFile file_of = read_vector_header(files_[file]);
      const auto width = static_cast<int>(file_of.columns.size());
      return {file_of.rows, 1, width, 1, file_of.size, true, std::move(file_of.columns)};
    }
    case ImageFormat::kNpy: {
      const ImageArray array = read_image_array_header(files_[file]);
      return {array.count, array.height, array.width, array.channels, array.size, array.is_float};
    }
  }
  return {};
}

void ImageSource::check_size(std::size_t file, std::uint64_t size) const {
  const std::uint64_t expected = sizes_[file];
  if (size == expected || (format_ == ImageFormat::kMat && size > expected)) return;
  if (format_ == ImageFormat::kPng || expected == 0) return;
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
    case ImageFormat::kVectors:
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
    case ImageFormat::kVectors:
      assert(false);  // floating-point numbers
      break;
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
    std::vector<float> values = format_ == ImageFormat::kVectors
                                    ? read_vectors(files_[file], takes_nan)
                                    : read_image_array_floats(files_[file], takes_nan);
    if (values.size() != images_of(file) * own_values()) fail_changed(file);
    if (file == 0) {
      all = std::move(values);
    } else {
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  all.resize(count * own_values());
  return all;
}

}  // namespace spvae
