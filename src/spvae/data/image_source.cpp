#include "spvae/data/image_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/data/gray.h"
#include "spvae/io/cifar.h"
#include "spvae/io/idx.h"
#include "spvae/io/mat.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMaxImages = 1u << 26;  // of one permutation
constexpr std::uint64_t kCifarRecordSize = 1 + kPlanesSize;

/// Turns the images that it is given into gray ones, as many as there is room for.
TakePlanes into_gray(std::span<std::uint8_t> out) {
  return [out](std::span<const std::uint8_t> planes) mutable {
    if (out.empty()) return;
    gray_of_planes(planes, out.first(kPlaneSize));
    out = out.subspan(kPlaneSize);
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
    first_.push_back(count() + shape.count);
    sizes_.push_back(shape.size);
  }
}

ImageSource::Shape ImageSource::read_shape(std::size_t file) const {
  switch (format_) {
    case ImageFormat::kIdx: {
      const std::vector<std::uint32_t> shape = read_idx_shape(files_[file], 3);
      return {shape[0], static_cast<int>(shape[1]), static_cast<int>(shape[2]), idx_size(shape)};
    }
    case ImageFormat::kCifar:
      assert(images_of_file_ > 0);
      return {images_of_file_, kPlaneSide, kPlaneSide, images_of_file_ * kCifarRecordSize};
    case ImageFormat::kMat: {
      const MatImages images = read_mat_images(files_[file]);
      return {images.count, kPlaneSide, kPlaneSide, images.end};
    }
  }
  return {};
}

void ImageSource::check_size(std::size_t file, std::uint64_t size) const {
  const std::uint64_t expected = sizes_[file];
  if (size == expected || (format_ == ImageFormat::kMat && size > expected)) return;
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

void ImageSource::read_gray_of_file(std::size_t file, std::span<std::uint8_t> out) const {
  switch (format_) {
    case ImageFormat::kIdx:
      std::ranges::copy_n(read_idx_values(file).begin(), std::ssize(out), out.begin());
      break;
    case ImageFormat::kCifar:
      read_cifar(files_[file], images_of(file), into_gray(out));
      break;
    case ImageFormat::kMat:
      read_mat(files_[file], static_cast<std::uint32_t>(out.size() / kPlaneSize), into_gray(out));
      break;
  }
}

std::vector<std::uint8_t> ImageSource::read_gray(std::uint32_t count, ThreadPool& pool) const {
  assert(count <= this->count());
  const std::size_t pixels = static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
  std::vector<std::uint8_t> gray;
  if (format_ == ImageFormat::kIdx && files_.size() == 1) {  // as it is, without a copy
    gray = read_idx_values(0);
    gray.resize(count * pixels);
    return gray;
  }
  gray.resize(count * pixels);
  const auto files = std::ranges::lower_bound(first_, count) - first_.begin();
  pool.run(static_cast<int>(files), [&](int task, int) {
    const auto file = static_cast<std::size_t>(task);
    const std::size_t images = std::min(count, first_[file + 1]) - first_[file];
    read_gray_of_file(file, std::span(gray).subspan(first_[file] * pixels, images * pixels));
  });
  return gray;
}

}  // namespace spvae
