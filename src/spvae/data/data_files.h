#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_source.h"
#include "spvae/data/known_sets.h"

namespace spvae {

/// A file of a data set.
struct DataFile {
  std::string name;  ///< without ".gz" or ".xz"
  std::filesystem::path path;
  std::string sha256;            ///< of its content, unpacked, in hex
  std::string published_sha256;  ///< the same of what was published; empty unless the set is named

  bool is_published() const { return sha256 == published_sha256; }
};

/// Reads the files through, source by source, on the threads of a pool if there is one; `known` is
/// the named set that they are of, or null. Errors as ImageSource::check_size and
/// digest_of_content. The observer is told of files that are read through.
std::vector<DataFile> digest_files(const std::vector<ImageSource>& sources, const KnownSet* known,
                                   ThreadPool* pool, const LoadObserver& observer);

/// SHA-256, in hex, of the files' SHA-256 in order and, unless `mask` is empty, that of its file,
/// each as 64 hex digits and a newline.
std::string digest_of(const std::vector<DataFile>& files, const std::string& mask);

/// One sentence if a file of the named set is not the published one; else empty.
std::string unpublished_warning(const std::string& name, const std::vector<DataFile>& files);

}  // namespace spvae
