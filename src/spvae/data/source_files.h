#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

/// The first of `folders` that has a folder `name`, with `name` appended. Error(kNoInput) lists the
/// places looked in and what to do.
std::filesystem::path find_data_folder(const std::string& name,
                                       const std::vector<std::filesystem::path>& folders);

/// The file `name` of `folder`, or else `name` without its ".gz". Error(kNoInput) if neither is
/// there.
std::filesystem::path find_source_file(const std::filesystem::path& folder,
                                       const std::string& name);

}  // namespace spvae
