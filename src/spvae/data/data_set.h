#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/data_config.h"
#include "spvae/data/data_files.h"
#include "spvae/data/image_classes.h"
#include "spvae/data/image_set.h"
#include "spvae/data/image_source.h"
#include "spvae/data/labels.h"
#include "spvae/data/mask.h"
#include "spvae/data/opened_data.h"
#include "spvae/data/source_pixels.h"

namespace spvae {

enum class Split { kTrain, kValidation, kTest };

struct TrainingImages {
  ImageSet train;
  ImageSet validation;
};

/// How images are loaded.
struct LoadOptions {
  int most = 0;                ///< the first ones of the split alone; 0: all
  const Mask* mask = nullptr;  ///< pixels to hide, image by image in the split's order
  LoadObserver observer = {};
};

/// A data set on disk, divided into training, validation and test images, which are read only when
/// asked for. DataConfig::data is a named set (find_set_folder), a folder with MNIST's file names,
/// a folder of PNG files (PngFolder), or one file: .npy (ImageArray), .png, vectors
/// (columns_of_vectors), else IDX. Images come from sources, numbered from 0, each one sequence:
///   mnist, its files  0 training, one sixth for validation; 1 test
///   cifar10           0 training, one fifth for validation; 1 test
///   svhn              0 training; 1 extra: the first 26,032 for validation; 2 test
///   PNG files         0 training; then validation and test, where there are any
///   one file          0 all
/// What has no source of its own is one tenth of source 0. Parts of a source are rounded down and
/// cut, training, validation, test, from its random_permutation, addressed by (data_seed, step 0,
/// Purpose::kSplit). DataConfig::whole leaves what has one source undivided; training_images keeps
/// the first of the training images; `mask` is of the images of all sources that training and
/// validation images come from, one after the other, and hides nothing of test images.
class DataSet {
 public:
  /// Finds the files, checks headers and reads all for their digests, on the threads of a pool if
  /// there is one; tells the observer. Error(kUsage) for an unknown name and for too many
  /// training_images, kNoInput for missing files, kData for damaged ones, images of several sizes
  /// or too few to divide; else as load_mask.
  explicit DataSet(const DataConfig& config, ThreadPool* pool = nullptr,
                   const LoadObserver& observer = {});

  /// The named set, or the name of the folder or of the file, without ".gz" or ".xz".
  const std::string& name() const { return name_; }
  int height() const { return sources_.front().height(); }
  int width() const { return sources_.front().width(); }
  /// Of vectors, the names of their columns; of images, none.
  const std::vector<std::string>& columns() const { return sources_.front().columns(); }
  /// Of the images that are loaded, as DataConfig::colour says.
  int channels() const { return config_.colour == ColourMode::kGray ? 1 : 3; }
  /// Whether any file that training images come from is in colour.
  bool has_colours() const { return sources_[part(Split::kTrain).source].channels() > 1; }
  /// Whether pixels are floating-point numbers; else they are of 8 bits.
  bool is_float() const { return sources_.front().is_float(); }
  /// Whether the images are not divided: each split is all of them (DataConfig::whole).
  bool is_whole() const { return config_.whole && sources_.size() == 1; }
  int count(Split split) const { return static_cast<int>(part(split).indices.size()); }
  /// All files, source by source.
  const std::vector<DataFile>& files() const { return files_; }
  /// Of all files, the mask's included, and of a class also of which images it has: `data_digest`
  /// of docs/checkpoint.md, which says how.
  const std::string& digest() const { return digest_; }
  /// One sentence if a file of a named set is not the published one, or if a folder holds pictures
  /// that are left out; else empty.
  const std::string& warning() const { return warning_; }
  /// One sentence if a notable part of the values for a continuous model repeats and gets no noise,
  /// so that its precision may grow without limit; else empty. `training`: the training images.
  std::string noise_warning(const ImageSet& training) const;
  /// Error(kUsage) if pixels are of 8 bits, so that none can be NaN.
  void check_takes_nan() const;
  /// [height · width] 1 for pixels that DataConfig::mask hides of all images that it is for; empty:
  /// there is none.
  std::vector<std::uint8_t> hidden_pixels() const;
  /// What was done where the config says kAuto; as it says, else.
  Stretch stretch() const { return stretch_; }
  Dequantize dequantize() const { return dequantize_; }

  /// Reads and prepares the images of one split; an image's index is its position in its source,
  /// and ImageAddress::file the source's number. Same bits for any number of threads. Missing
  /// pixels are marked in ImageSet::observed; the stretch goes by the others. Errors as
  /// ImageSource::read_bytes and read_floats; Error(kData) for values that the likelihood does not
  /// have.
  ImageSet load(Split split, ThreadPool& pool, const LoadOptions& options = {}) const;

  /// The same of the training and validation images. A source that holds both is read once.
  /// Error(kData) if no pixel of either is observed.
  TrainingImages load_training(ThreadPool& pool, const LoadObserver& observer = {}) const;

  /// Whether the classes of a split's images are known.
  bool has_labels(Split split) const;

  /// The classes of a split's images, in its order; the names are those of the whole set. Errors as
  /// read_classes, which says where they come from; Error(kNoInput) without labels.
  Labels labels(Split split) const;

  /// The images of one class alone: each split as it was divided, without the images of others.
  /// DataConfig::class_name does the same. Error(kUsage) for an unknown class: lists the known;
  /// Error(kData) without training or validation images; else as labels().
  DataSet of_class(const std::string& name) const;

 private:
  struct Part {
    std::uint32_t source = 0;
    std::vector<std::uint32_t> indices;  ///< in that source
    bool is_masked = true;
  };
  const Part& part(Split split) const { return parts_[static_cast<std::size_t>(split)]; }
  SourcePixels read(std::uint32_t source, std::uint32_t count, ThreadPool& pool,
                    const LoadObserver& observer) const;
  ImageSet prepared(const Part& part, const SourcePixels& pixels, const LoadOptions& options,
                    ThreadPool& pool) const;
  /// How many images earlier sources hold.
  std::size_t images_before(std::uint32_t source) const;
  /// DataConfig::mask of the images of a part.
  Mask mask_of(const Part& part) const;
  void divide(const Division& division);
  std::vector<std::vector<std::string>> classes() const;
  [[noreturn]] void fail_without_labels() const;
  void keep_class(const std::string& name);

  DataConfig config_;
  std::string name_;
  std::vector<ImageSource> sources_;
  Part parts_[3];
  std::vector<DataFile> files_;
  std::string digest_;
  std::string warning_;
  Stretch stretch_ = Stretch::kImage;
  Dequantize dequantize_ = Dequantize::kOn;
  std::optional<Mask> mask_;
  ClassOrigin class_origin_;
};

}  // namespace spvae
