#include "spvae/data/image_classes.h"

#include <filesystem>
#include <string_view>

#include "spvae/data/find_files.h"
#include "spvae/data/labels.h"
#include "spvae/io/cifar.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

/// The IDX file of labels beside MNIST's images; empty if there is none.
fs::path label_file(const ImageSource& source) {
  constexpr std::string_view kLabels = "labels-idx1";
  const fs::path& images = source.files().front();
  std::string name = unpacked_name(images);
  if (source.files().size() != 1) return {};
  for (const std::string_view in_name : {"images-idx3", "images.idx3"}) {
    const std::size_t place = name.find(in_name);
    if (place == std::string::npos) continue;
    name.replace(place, in_name.size(), kLabels);
    return source_file_or_empty(images.parent_path(), name);
  }
  return {};
}

std::vector<std::string> cifar_classes(const ImageSource& source) {
  std::vector<std::string> classes;
  const auto files = static_cast<std::uint32_t>(source.files().size());
  for (const fs::path& file : source.files()) {
    for (const std::uint8_t label : read_cifar_labels(file, source.count() / files)) {
      classes.emplace_back(kCifarClasses[label]);
    }
  }
  return classes;
}

bool has_class_folders(const ClassOrigin& origin, std::size_t source) {
  return source < origin.folders.size() && !origin.folders[source].empty();
}

}  // namespace

bool has_classes(const ClassOrigin& origin, const std::vector<ImageSource>& sources,
                 std::size_t source) {
  return !origin.labels.empty() || has_class_folders(origin, source) ||
         sources[source].format() == ImageFormat::kCifar || !label_file(sources[source]).empty();
}

std::vector<std::vector<std::string>> read_classes(const ClassOrigin& origin,
                                                   const std::vector<ImageSource>& sources) {
  std::vector<std::vector<std::string>> classes(sources.size());
  if (!origin.labels.empty()) {
    std::size_t images = 0;
    for (const ImageSource& source : sources) images += source.count();
    const std::vector<std::string> all = read_label_names(origin.labels, images);
    auto next = all.begin();
    for (std::size_t s = 0; s < sources.size(); ++s) {
      const auto end = next + static_cast<std::ptrdiff_t>(sources[s].count());
      classes[s].assign(next, end);
      next = end;
    }
    return classes;
  }
  for (std::size_t s = 0; s < sources.size(); ++s) {
    const ImageSource& source = sources[s];
    if (has_class_folders(origin, s)) {
      classes[s] = origin.folders[s];
    } else if (source.format() == ImageFormat::kCifar) {
      classes[s] = cifar_classes(source);
    } else if (const fs::path file = label_file(source); !file.empty()) {
      classes[s] = read_label_names(file, source.count());
    }
  }
  return classes;
}

}  // namespace spvae
