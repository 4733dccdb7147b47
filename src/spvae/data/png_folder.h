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
/// train, validation (or val) and test, of which train must be there. Hidden files and files of
/// other names are left out.
struct PngFolder {
  PngFiles train;
  PngFiles validation;
  PngFiles test;
};

/// What find_png_files takes.
enum class PngUse {
  kTraining,
  kQueries  ///< a subfolder test, or validation, alone too: its files are then in `train`
};

/// Error(kData) for a split without PNG files, for files beside class folders, and for
/// subfolders validation or test without train; Error(kIo) if a folder cannot be read.
PngFolder find_png_files(const std::filesystem::path& folder, PngUse use = PngUse::kTraining);

/// Before a run begins: Error(kData) for images beside subfolders of splits, which find_png_files
/// would leave out, such as those of a folder "tests"; runs' own folders are none.
void check_split_folders(const std::filesystem::path& folder);

/// Whether find_png_files would find any.
bool holds_png_files(const std::filesystem::path& folder);

}  // namespace spvae
