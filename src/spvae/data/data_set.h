#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/data/image_source.h"

namespace spvae {

/// Which images, and how they are divided and prepared.
struct DataConfig {
  std::string data = "mnist";   ///< a name of data_set_names(), or a path (see DataSet)
  std::uint32_t data_seed = 0;  ///< of the split and of the pixel noise
  bool discrete = false;        ///< 8-bit pixels (prepare_discrete), else prepare_continuous
  std::string data_dir = {};    ///< where to look for a named set first; empty: nowhere
  int training_images = 0;      ///< no more than so many; 0: all
};

enum class Split { kTrain, kValidation, kTest };

struct TrainingImages {
  ImageSet train;
  ImageSet validation;
};

/// A file of a data set.
struct DataFile {
  std::string name;  ///< without ".gz" or ".xz"
  std::filesystem::path path;
  std::string sha256;            ///< of its content, unpacked, in hex
  std::string published_sha256;  ///< the same of what was published; empty unless the set is named

  bool is_published() const { return sha256 == published_sha256; }
};

/// A data set on disk, divided into training, validation and test images, which are read only when
/// asked for. `data` is one of
///   - a named set, found as find_set_folder and data_folders() say: "mnist", "cifar10", "svhn";
///   - a folder with MNIST's file names, train-images-idx3-ubyte and t10k-images-idx3-ubyte;
///   - a single IDX file.
/// Files may be plain, .gz or .xz. Images come from one to three sources, numbered from 0, each of
/// one or several files whose images are one sequence. Colours become gray (gray.h). By source:
///   mnist, folder  0 training file: one sixth for validation; 1 test file
///   cifar10        0 data_batch_1 … 5: one fifth for validation; 1 test_batch
///   svhn           0 train_32x32: training; 1 extra_32x32: its first 26,032 images, or all if they
///                  are fewer, for validation; 2 test_32x32
///   one file       0: one tenth for validation, one tenth for test
/// Parts of a source are rounded down and at random: random_permutation, addressed by (data_seed,
/// step 0, Purpose::kSplit), of source 0's images is cut into training, validation, test in this
/// order, and each keeps the permutation's order; what is a source of its own keeps the file's.
/// Training images are the first `training_images` of theirs.
class DataSet {
 public:
  /// Finds the files, checks their headers and reads them through for their digests, on the threads
  /// of a pool if there is one. Throws Error(kUsage) for an unknown name (lists the known) and for
  /// more training_images than there are, kNoInput for missing files, kData for files that are not
  /// of their format, are cut off or too long, differ in their images' size, or hold too few images
  /// to divide.
  explicit DataSet(const DataConfig& config, ThreadPool* pool = nullptr);

  /// The named set, or the name of the folder or of the file, without ".gz" or ".xz".
  const std::string& name() const { return name_; }
  int height() const { return sources_.front().height(); }
  int width() const { return sources_.front().width(); }
  int count(Split split) const { return static_cast<int>(part(split).indices.size()); }
  /// All files, source by source.
  const std::vector<DataFile>& files() const { return files_; }
  /// SHA-256, in hex, of the files' SHA-256 in order, each as 64 hex digits and a newline.
  const std::string& digest() const { return digest_; }
  /// One sentence if a file of a named set is not the published one; else empty.
  const std::string& warning() const { return warning_; }

  /// Reads and prepares the images of one split; an image's index is its position in its source,
  /// and ImageAddress::file the source's number. Same bits for any number of threads. Throws as
  /// ImageSource::read_gray.
  ImageSet load(Split split, ThreadPool& pool) const;

  /// The same of the training and validation images. A source that holds both is read once.
  TrainingImages load_training(ThreadPool& pool) const;

 private:
  struct Part {
    std::uint32_t source = 0;
    std::vector<std::uint32_t> indices;  ///< in that source
  };
  const Part& part(Split split) const { return parts_[static_cast<std::size_t>(split)]; }
  /// The first images of a source in gray, as many as a part needs.
  std::vector<std::uint8_t> read_gray(const Part& part, ThreadPool& pool) const;
  ImageSet prepared(const Part& part, std::span<const std::uint8_t> gray, ThreadPool& pool) const;

  DataConfig config_;
  std::string name_;
  std::vector<ImageSource> sources_;
  Part parts_[3];
  std::vector<DataFile> files_;
  std::string digest_;
  std::string warning_;
};

/// The names that DataConfig::data may have.
std::vector<std::string> data_set_names();

}  // namespace spvae
