#include "spvae/data/source_files.h"

#include <cstdlib>

#include "spvae/core/error.h"

namespace spvae {
namespace fs = std::filesystem;

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

fs::path find_data_folder(const std::string& name, const std::vector<fs::path>& folders) {
  std::string places;
  for (const fs::path& folder : folders) {
    std::error_code absent;
    if (fs::is_directory(folder / name, absent)) return folder / name;
    places += fmt::format("{}{}", places.empty() ? "" : ", ", folder.string());
  }
  fail(ErrorKind::kNoInput,
       "data set {}: no folder of this name in any of: {}; set SPVAE_DATA to the folder that holds "
       "{}/, or give the path of an IDX file or of a folder",
       name, places, name);
}

fs::path find_source_file(const fs::path& folder, const std::string& name) {
  std::error_code absent;
  fs::path path = folder / name;
  if (fs::exists(path, absent)) return path;
  if (path.extension() == ".gz" && fs::exists(folder / path.stem(), absent)) {
    return folder / path.stem();
  }
  fail(ErrorKind::kNoInput, "{}: no such file, packed or plain; expected it in this folder",
       path.string());
}

}  // namespace spvae
