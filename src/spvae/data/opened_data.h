#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "spvae/data/data_config.h"
#include "spvae/data/image_source.h"
#include "spvae/data/known_sets.h"

namespace spvae {

/// The files that DataConfig::data stands for, opened.
struct OpenedData {
  std::string name;
  std::vector<ImageSource> sources;
  Division division;
  const KnownSet* known = nullptr;    ///< of a named set
  Stretch stretch = Stretch::kImage;  ///< what Stretch::kAuto stands for
  std::string left_out = {};          ///< PngFolder::left_out
  /// The class of each image of each source, where class folders give it; else empty.
  std::vector<std::vector<std::string>> classes = {};
};

/// Finds them, and reads headers. Errors as DataSet.
OpenedData open_data_files(const DataConfig& config);

/// Whether DataConfig::data names a set; else it is a path.
bool is_named_set(const std::string& data);

/// Whether it is a .npy file of floating-point numbers; not where there is no such file.
bool is_float_array(const std::string& data);

/// The number of columns where DataConfig::data is a file of vectors; else, and where it cannot be
/// read, 0.
int columns_of_data(const std::string& data, bool vectors);

/// The names that DataConfig::data may have.
std::vector<std::string> data_set_names();

}  // namespace spvae
