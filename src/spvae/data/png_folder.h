#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spvae {

/// PNG files of one split, ordered by class and name, byte by byte.
struct PngFiles {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> classes;  ///< of each file; empty if they lie in no class folders
};

/// The PNG files of a folder: *.png or CLASS/*.png, all in `train`; or the same in subfolders
/// train (or training), validation (valid, val) and test (testing), in any case of letters, of
/// which train must be there. Hidden files and files of other names are left out.
struct PngFolder {
  PngFiles train;
  PngFiles validation;
  PngFiles test;
  /// How many pictures of other formats, and PNG files in deeper folders, are left out, for a
  /// message: "90 .jpg files, 10 PNG files in deeper folders (b/x)"; empty: none. Counted at any
  /// depth, but not behind links in there, and in 10,000 such folders at most.
  std::string left_out;
};

/// What find_png_files takes.
enum class PngUse {
  kTraining,
  kQueries  ///< a subfolder test, or validation, alone too: its files are then in `train`
};

/// Error(kData) for a split without PNG files, for files beside class folders, for two subfolders
/// of one split, for subfolders validation or test without train, and for PNG files beside
/// subfolders of splits, such as those of a folder "extra"; folders of runs are none. Error(kIo) if
/// a folder cannot be read.
PngFolder find_png_files(const std::filesystem::path& folder, PngUse use = PngUse::kTraining);

/// Whether find_png_files would find any.
bool holds_png_files(const std::filesystem::path& folder);

/// Of a folder whose PNG files are too deep for find_png_files, how many there are and what to name
/// instead, for a message; empty: it has none. Errors as find_png_files.
std::string deeper_png_files(const std::filesystem::path& folder);

/// Whether a file is, by its name, a picture of a common format other than PNG.
bool is_other_picture(const std::filesystem::path& file);

}  // namespace spvae
