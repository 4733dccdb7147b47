#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "spvae/data/known_sets.h"

namespace spvae {

/// Where the embedded data sets are looked for, in this order:
///   1. $SPVAE_DATA, if set
///   2. ../share/spvae/data relative to the executable's folder (installed)
///   3. ../../data relative to the executable's folder (a build tree: build/release/spvae)
///   4. the data folder of the installation that the library was built for
/// `environment` is the value of $SPVAE_DATA or null; an empty `executable` leaves out 2 and 3.
std::vector<std::filesystem::path> data_folders(const char* environment,
                                                const std::filesystem::path& executable);

/// The same for this process.
std::vector<std::filesystem::path> data_folders();

/// The folder of a named set. Looked at are, in this order: in `data_dir`, unless that is empty, a
/// folder of one of the set's names, then `data_dir` itself; in each of `folders` a folder of one
/// of the names. The first that has all of the set's files wins. Error(kNoInput) says what is
/// missing, where it is published, and what to do.
std::filesystem::path find_set_folder(const KnownSet& set, const std::filesystem::path& data_dir,
                                      const std::vector<std::filesystem::path>& folders);

/// The file `name` of `folder`, or else `name` with ".gz" or ".xz" behind it; or the same with the
/// first '-' before "idx" as '.', as some mirrors name MNIST's files. Error(kNoInput) if none of
/// them is there.
std::filesystem::path find_source_file(const std::filesystem::path& folder, std::string_view name);

/// The same, but an empty path if none of them is there.
std::filesystem::path source_file_or_empty(const std::filesystem::path& folder,
                                           std::string_view name);

/// Error(kData), with what to do, for a name that ends in .npz. `content` is what the file should
/// hold: "images".
void refuse_archive_of_arrays(const std::filesystem::path& path, std::string_view content);

/// A file's name without ".gz" or ".xz".
std::string unpacked_name(const std::filesystem::path& path);

}  // namespace spvae
