#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace spvae {

/// The class of each image, as a position in the list of classes.
struct Labels {
  std::vector<std::string> names;  ///< of the classes: numbers by size, if all are, else by bytes
  std::vector<int> values;         ///< [N]
};

/// From the classes' names, one for each image.
Labels labels_of(std::span<const std::string> classes);

/// The classes' names from a file: .npy of int64 or uint8 with one axis; IDX with one axis, if the
/// name ends in -ubyte; both perhaps packed; else text in UTF-8, one a line, without the blanks of
/// Unicode and the byte order marks around it. Error(kData) unless there are `count` of them, none
/// empty, and for .npz; else as read_npy, read_idx, refuse_irregular_file and read_file.
std::vector<std::string> read_label_names(const std::filesystem::path& path, std::size_t count);

}  // namespace spvae
