#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "spvae/data/image_source.h"

namespace spvae {

/// A file of a data set that is known by name.
struct KnownFile {
  std::string_view name;    ///< unpacked
  std::string_view sha256;  ///< of what was published, unpacked
};

struct KnownSource {
  ImageFormat format = ImageFormat::kIdx;
  std::span<const KnownFile> files;
  std::uint32_t images_of_file = 0;  ///< each must hold as many; 0: as many as it says
};

/// How one, two or three sources become training, validation and test images. The first source is
/// permuted at random; where it is for several parts, it is cut into training, validation, test
/// in this order.
struct Division {
  std::uint32_t validation_part = 0;  ///< one image in so many of the first source; 0: none
  std::uint32_t test_part = 0;        ///< the same for test
  /// If none of the first source: validation takes so many first images of the second, or all.
  std::uint32_t most_validation = 0;
};

/// A data set that is known by name.
struct KnownSet {
  std::string_view name;
  std::span<const std::string_view> folders;  ///< names of the folder that it may be in
  std::string_view published;                 ///< where
  std::span<const KnownSource> sources;
  Division division;
};

/// All of them; the first is MNIST, whose file names and division folders given by path share.
std::span<const KnownSet> known_sets();

}  // namespace spvae
