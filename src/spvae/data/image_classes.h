#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "spvae/data/image_source.h"

namespace spvae {

/// What tells the classes of a data set's images.
struct ClassOrigin {
  std::string labels;  ///< file with one label for each image, source by source; empty: none
  /// The class of each image of each source, where class folders give it; else empty.
  std::vector<std::vector<std::string>> folders;
};

/// Whether read_classes finds those of a source.
bool has_classes(const ClassOrigin& origin, const std::vector<ImageSource>& sources,
                 std::size_t source);

/// The class of each image, source by source; of a source without labels, none. They come from the
/// file of labels, if there is one; else from class folders, from what CIFAR-10's files hold
/// themselves, and from IDX files beside MNIST's, labels-idx1 where these have images-idx3. Throws
/// as read_label_names and read_cifar.
std::vector<std::vector<std::string>> read_classes(const ClassOrigin& origin,
                                                   const std::vector<ImageSource>& sources);

}  // namespace spvae
