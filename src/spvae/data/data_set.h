#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"

namespace spvae {

/// Which images, and how they are divided and prepared.
struct DataConfig {
  std::string data = "mnist";   ///< a name of data_set_names(), or a path (see DataSet)
  std::uint32_t data_seed = 0;  ///< of the split and of the pixel noise
  bool discrete = false;        ///< 8-bit pixels (prepare_discrete), else prepare_continuous
};

enum class Split { kTrain, kValidation, kTest };

/// A data set on disk, divided into training, validation and test images, which are read only when
/// asked for. `data` is one of
///   - a named set, found as data_folders() says: "mnist";
///   - a folder with MNIST's file names, train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz,
///     each also without ".gz": test = the second file; validation = one sixth (rounded down) of
///     the first, at random, so 50,000 + 10,000 of MNIST;
///   - a single IDX file: at random one tenth test and one tenth validation (rounded down).
/// At random: random_permutation, addressed by (data_seed, step 0, Purpose::kSplit), of the file's
/// images, cut into training, validation, test in this order; each keeps the permutation's order.
class DataSet {
 public:
  /// Finds the files and checks their headers. Throws Error(kUsage) for an unknown name (lists the
  /// known), kNoInput for missing files, kData for files that are no IDX images, differ in their
  /// images' size, or hold too few images to divide.
  explicit DataSet(const DataConfig& config);

  /// The named set, or the name of the folder or of the file, without ".gz".
  const std::string& name() const { return name_; }
  int height() const { return height_; }
  int width() const { return width_; }
  int count(Split split) const { return static_cast<int>(part(split).indices.size()); }
  /// Of the source files: SHA-256 of their own SHA-256, each as 64 hex digits and a newline, in
  /// the order training, test; itself in hex.
  const std::string& digest() const { return digest_; }

  /// Reads and prepares the images of one split. Same bits for any number of threads. Throws as
  /// read_idx.
  ImageSet load(Split split, ThreadPool& pool) const;

 private:
  using Shape = std::vector<std::uint32_t>;  // count, height, width
  struct Part {
    std::uint32_t file = 0;              ///< in files_
    std::vector<std::uint32_t> indices;  ///< in that file
  };
  const Part& part(Split split) const { return parts_[static_cast<std::size_t>(split)]; }

  DataConfig config_;
  std::string name_;
  std::vector<std::filesystem::path> files_;
  std::vector<Shape> shapes_;  ///< of files_
  int height_ = 0;
  int width_ = 0;
  Part parts_[3];
  std::string digest_;
};

/// The names that DataConfig::data may have.
std::vector<std::string> data_set_names();

}  // namespace spvae
