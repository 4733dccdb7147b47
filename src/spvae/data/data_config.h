#pragma once

#include <cstdint>
#include <string>

namespace spvae {

/// How each image's pixels are scaled.
enum class Stretch {
  kAuto = 0,   ///< kImage for named sets and IDX files, kNone for PNG files and arrays
  kImage = 1,  ///< its least becomes 0, its greatest 1, whichever channel they are of
  kNone = 2    ///< v/255, or as it is: likelihoods are those of the raw pixels
};

/// Whether pixels of continuous models get noise of standard deviation 1/255.
enum class Dequantize {
  kAuto = 0,  ///< 8-bit pixels do, floating-point ones do not
  kOn = 1,
  kOff = 2
};

/// Whether pixels become 0 or 1, once and for all.
enum class Binarise {
  kNone = 0,
  kThreshold = 1,  ///< 1 from the 8-bit value 128 on
  kSample = 2      ///< 1 with probability value/255
};

/// What becomes of colours.
enum class ColourMode {
  kGray = 0,  ///< one channel: the luma of colours
  kRgb = 1,   ///< three channels: red, green, blue; those of a gray image are equal
  kYcocg = 2  ///< the same; a model sees them as ColourSpace::kYcocg
};

/// What stands for a missing pixel in floating-point data.
enum class Missing {
  kNone = 0,  ///< nothing: NaN is an error
  kNan = 1
};

/// Which images, and how they are divided and prepared.
struct DataConfig {
  std::string data = "mnist";   ///< a name of data_set_names(), or a path (see DataSet)
  std::uint32_t data_seed = 0;  ///< of the split, of the pixel noise, and of Binarise::kSample
  /// 2 … 256: number n of values v/(n − 1) that a pixel may have; 0: any real number, and noise.
  int values = 0;
  std::string data_dir = {};  ///< where to look for a named set first; empty: nowhere
  int training_images = 0;    ///< no more than so many; 0: all
  /// Images that have no splits of their own are not divided: each split is all of them, in order.
  bool whole = false;
  ColourMode colour = ColourMode::kGray;
  Stretch stretch = Stretch::kAuto;
  Dequantize dequantize = Dequantize::kAuto;
  Binarise binarise = Binarise::kNone;
  Missing missing = Missing::kNone;
  bool vectors = false;  ///< the rows of .npy of two axes are vectors, never square images
  /// File of what is observed of the training and validation images (see DataSet); empty: all.
  std::string mask = {};
  std::string labels = {};      ///< file of the images' labels (see DataSet::labels); empty: none
  std::string class_name = {};  ///< images of this class alone (see DataSet::of_class); empty: all
};

}  // namespace spvae
