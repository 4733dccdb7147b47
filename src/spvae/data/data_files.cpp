#include "spvae/data/data_files.h"

#include <fmt/ranges.h>

#include <mutex>
#include <string_view>
#include <utility>

#include "spvae/data/find_files.h"
#include "spvae/io/digest.h"

namespace spvae {
namespace fs = std::filesystem;

std::vector<DataFile> digest_files(const std::vector<ImageSource>& sources, const KnownSet* known,
                                   ThreadPool* pool, const LoadObserver& observer) {
  std::vector<DataFile> files;
  std::vector<std::pair<const ImageSource*, std::size_t>> places;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    for (std::size_t i = 0; i < sources[s].files().size(); ++i) {
      const fs::path& path = sources[s].files()[i];
      const std::string_view published =
          known != nullptr ? known->sources[s].files[i].sha256 : std::string_view();
      files.push_back({.name = unpacked_name(path),
                       .path = path,
                       .sha256 = {},
                       .published_sha256 = std::string(published)});
      places.emplace_back(&sources[s], i);
    }
  }
  std::mutex mutex;
  std::size_t done = 0;
  const auto digest_file = [&](int task, int) {
    DataFile& file = files[static_cast<std::size_t>(task)];
    const auto& [source, i] = places[static_cast<std::size_t>(task)];
    const ContentDigest digest = digest_of_content(file.path);
    source->check_size(i, digest.size);
    file.sha256 = digest.sha256;
    if (!observer) return;
    const std::scoped_lock lock(mutex);
    observer(++done, files.size());
  };
  const int count = static_cast<int>(files.size());
  if (pool != nullptr) {
    pool->run(count, digest_file);
  } else {
    for (int task = 0; task < count; ++task) digest_file(task, 0);
  }
  return files;
}

std::string digest_of(const std::vector<DataFile>& files, const std::string& mask) {
  std::string lines;
  for (const DataFile& file : files) lines += file.sha256 + "\n";
  if (!mask.empty()) lines += digest_of_content(mask).sha256 + "\n";
  return sha256(lines);
}

std::string unpublished_warning(const std::string& name, const std::vector<DataFile>& files) {
  std::vector<std::string_view> names;
  std::vector<std::string_view> digests;
  for (const DataFile& file : files) {
    if (file.is_published()) continue;
    names.push_back(file.name);
    digests.push_back(file.sha256);
  }
  if (names.empty()) return "";
  return fmt::format(
      "data set {}: {} {} (SHA-256 {}): numbers are not comparable with the paper's", name,
      fmt::join(names, ", "),
      names.size() == 1 ? "is not the published file" : "are not the published files",
      fmt::join(digests, ", "));
}

}  // namespace spvae
