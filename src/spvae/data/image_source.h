#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/thread_pool.h"

namespace spvae {

/// The formats of image files; gzip or xz on top of all but kPng.
enum class ImageFormat {
  kIdx,     ///< MNIST's; gray
  kCifar,   ///< CIFAR-10's binary version
  kMat,     ///< SVHN's MATLAB files
  kPng,     ///< one image a file
  kNpy,     ///< NumPy's, as ImageArray says
  kVectors  ///< VectorFile's: 1 × V floating-point numbers each
};

/// Told how many of how many files are read, by one thread at a time.
using LoadObserver = std::function<void(std::size_t done, std::size_t files)>;

/// Files of one format whose images, one file after the other, make one sequence.
class ImageSource {
 public:
  /// Reads the headers. Each file must hold `images_of_file` images, unless that is 0; the format
  /// kCifar has no header, and needs it. Throws as read_idx_shape, read_mat_images, read_png_header
  /// and read_image_array_header; Error(kData) for files whose images are of different sizes.
  ImageSource(ImageFormat format, std::vector<std::filesystem::path> files,
              std::uint32_t images_of_file = 0);

  const std::vector<std::filesystem::path>& files() const { return files_; }
  std::uint32_t count() const { return first_.back(); }
  int height() const { return height_; }
  int width() const { return width_; }
  /// 3 if any file is in colour, else 1.
  int channels() const { return channels_; }
  /// Whether pixels are floating-point numbers, for read_floats; else 8-bit, for read_bytes.
  bool is_float() const { return is_float_; }
  ImageFormat format() const { return format_; }
  /// Of kVectors, the names of the columns; else empty.
  const std::vector<std::string>& columns() const { return columns_; }

  /// Checks that a file whose content, unpacked, is of `size` bytes holds its images and nothing
  /// else; of kMat, other arrays may follow them, and kPng and CSV are not checked. Error(kData),
  /// with the sentences of read_idx and read_cifar where these have them.
  void check_size(std::size_t file, std::uint64_t size) const;

  /// The first `count` images of 8 bits, [count, height, width, channels], converted to so many
  /// channels (convert_channels); several files at a time on the pool. Beside the result memory
  /// holds one file of kIdx, kPng or kNpy for each thread, nothing of others.
  /// Throws as read_idx, read_cifar, read_mat, read_png and read_npy; Error(kData) if a file
  /// has changed.
  std::vector<std::uint8_t> read_bytes(std::uint32_t count, int channels, ThreadPool& pool,
                                       const LoadObserver& observer = {}) const;

  /// The same of floating-point pixels, in their own channels(): in [0, 1], or NaN where
  /// `takes_nan`; of kVectors any finite numbers. Throws as read_image_array_floats or
  /// read_vectors.
  std::vector<float> read_floats(std::uint32_t count, bool takes_nan) const;

 private:
  struct Shape {
    std::uint32_t count = 0;
    int height = 0;
    int width = 0;
    int channels = 1;
    std::uint64_t size = 0;  ///< of the content, in bytes; of kMat, up to the images' end
    bool is_float = false;
    std::vector<std::string> columns = {};
  };
  Shape read_shape(std::size_t file) const;
  std::vector<std::uint8_t> read_idx_values(std::size_t file) const;
  [[noreturn]] void fail_changed(std::size_t file) const;
  /// The first images of a file, as many as there is room for.
  void read_bytes_of_file(std::size_t file, int channels, std::span<std::uint8_t> out) const;
  std::uint32_t images_of(std::size_t file) const { return first_[file + 1] - first_[file]; }
  std::size_t pixels() const {
    return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
  }

  /// Of an image in its own channels.
  std::size_t own_values() const { return pixels() * static_cast<std::size_t>(channels_); }

  ImageFormat format_;
  std::uint32_t images_of_file_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::uint32_t> first_ = {0};  ///< number of each file's first image; at last, all
  std::vector<std::uint64_t> sizes_;        ///< Shape::size of each file
  int height_ = 0;
  int width_ = 0;
  int channels_ = 1;
  bool is_float_ = false;
  std::vector<std::string> columns_;
};

/// Error(kData) unless the images of `file` are height × width, as those of `first` are.
void check_same_size(const std::filesystem::path& file, int got_height, int got_width,
                     const std::filesystem::path& first, int height, int width);

}  // namespace spvae
