#include "spvae/data/find_files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "spvae/core/error.h"
#include "spvae/io/file.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

constexpr const char* kEndings[] = {"", ".gz", ".xz"};

/// Where a set may be, in the order of looking.
std::vector<fs::path> candidates(const KnownSet& set, const fs::path& data_dir,
                                 const std::vector<fs::path>& folders) {
  std::vector<fs::path> result;
  const auto add_folders_in = [&](const fs::path& place) {
    for (const std::string_view name : set.folders) result.push_back(place / name);
  };
  if (!data_dir.empty()) {
    add_folders_in(data_dir);
    result.push_back(data_dir);
  }
  for (const fs::path& folder : folders) add_folders_in(folder);
  return result;
}

bool has_source_file(const fs::path& folder, std::string_view name) {
  return !source_file_or_empty(folder, name).empty();
}

std::vector<std::string_view> missing_files(const KnownSet& set, const fs::path& folder) {
  std::vector<std::string_view> missing;
  for (const KnownSource& source : set.sources) {
    for (const KnownFile& file : source.files) {
      if (!has_source_file(folder, file.name)) missing.push_back(file.name);
    }
  }
  return missing;
}

std::size_t file_count(const KnownSet& set) {
  std::size_t count = 0;
  for (const KnownSource& source : set.sources) count += source.files.size();
  return count;
}

/// "one is", "one, another are".
std::string are(const std::vector<std::string_view>& names) {
  return fmt::format("{} {}", fmt::join(names, ", "), names.size() == 1 ? "is" : "are");
}

}  // namespace

std::vector<fs::path> data_folders(const char* environment, const fs::path& executable) {
  std::vector<fs::path> folders;
  if (environment != nullptr && *environment != '\0') folders.emplace_back(environment);
  if (!executable.empty()) {
    const fs::path folder = executable.parent_path();
    folders.push_back((folder / "../share/spvae/data").lexically_normal());
    folders.push_back((folder / "../../data").lexically_normal());
  }
#ifdef SPVAE_INSTALL_DATA_DIR
  folders.emplace_back(SPVAE_INSTALL_DATA_DIR);
#endif
  return folders;
}

std::vector<fs::path> data_folders() {
  std::error_code unknown;  // then the path is empty
  return data_folders(std::getenv("SPVAE_DATA"), fs::read_symlink("/proc/self/exe", unknown));
}

fs::path find_set_folder(const KnownSet& set, const fs::path& data_dir,
                         const std::vector<fs::path>& folders) {
  std::error_code absent;
  if (!data_dir.empty() && !fs::is_directory(data_dir, absent)) {
    fail(ErrorKind::kNoInput,
         "data-dir: got {}, expected a folder that holds data sets; say --data-dir with one",
         data_dir.string());
  }
  fs::path incomplete;
  for (const fs::path& folder : candidates(set, data_dir, folders)) {
    if (!fs::is_directory(folder, absent)) continue;
    const std::size_t missing = missing_files(set, folder).size();
    if (missing == 0) return folder;
    // A folder of another name is one of the set's only if it holds some of its files.
    if (incomplete.empty() && (folder != data_dir || missing < file_count(set))) {
      incomplete = folder;
    }
  }
  if (!incomplete.empty()) {
    fail(ErrorKind::kNoInput,
         "data set {}: {} missing in {}, plain, .gz or .xz; put what is published at {} there, or "
         "say --data-dir",
         set.name, are(missing_files(set, incomplete)), incomplete.string(), set.published);
  }
  std::vector<std::string> places;
  if (!data_dir.empty()) places.push_back(data_dir.string());
  for (const fs::path& folder : folders) places.push_back(folder.string());
  fail(
      ErrorKind::kNoInput,
      "data set {}: no folder {} in any of: {}; put what is published at {} into such a folder, or "
      "say --data-dir with the folder that holds it",
      set.name, fmt::join(set.folders, " or "), fmt::join(places, ", "), set.published);
}

fs::path source_file_or_empty(const fs::path& folder, std::string_view name) {
  std::vector<std::string> names = {std::string(name)};
  if (const std::size_t place = name.find("-idx"); place != std::string_view::npos) {
    names.emplace_back(name)[place] = '.';  // train-images.idx3-ubyte
  }
  std::error_code absent;
  for (const std::string& spelling : names) {
    for (const char* ending : kEndings) {
      fs::path path = folder / (spelling + ending);
      if (fs::exists(path, absent)) return path;
    }
  }
  return {};
}

fs::path find_source_file(const fs::path& folder, std::string_view name) {
  fs::path path = source_file_or_empty(folder, name);
  if (!path.empty()) return path;
  fail(ErrorKind::kNoInput, "{}: no such file, plain, .gz or .xz; expected it in this folder",
       (folder / name).string());
}

void refuse_archive_of_arrays(const fs::path& path, std::string_view content) {
  if (ending_of(path) != ".npz") return;
  fail(ErrorKind::kData,
       "{}: got an archive of arrays, expected one array; use numpy.save(\"{}.npy\", "
       "numpy.load(\"{}\")[NAME]), NAME one of its files",
       path.string(), content, path.filename().string());
}

std::string unpacked_name(const fs::path& path) {
  const fs::path name = path.filename();
  const std::string ending = ending_of(name);
  const bool is_packed = ending == ".gz" || ending == ".xz";
  return (is_packed ? name.stem() : name).string();
}

}  // namespace spvae
