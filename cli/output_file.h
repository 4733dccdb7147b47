#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/data/image_set.h"
#include "spvae/io/png.h"
#include "spvae/model/checkpoint.h"

namespace spvae::cli {

/// Whether a name has this ending, of letters of either case, and something before it.
bool has_ending(const std::filesystem::path& name, const std::string& ending);

/// Error(kUsage), naming the flag, unless the path has one of the endings; else as
/// check_can_create.
void check_output(const std::string& flag, const std::string& path,
                  const std::vector<std::string>& endings);

/// Error(kCannotCreate) if a file could not be made at `path`: asked before long computations.
void check_can_create(const std::filesystem::path& path);

/// Writes what is to be known of the array or picture at `path` into "PATH.json" beside it:
/// `description`, then the version.
void write_description(const std::filesystem::path& path, Json description);

/// The same of what a model made: `description`, then version, run, and the model's origin with its
/// config and data digest.
void write_description(const std::filesystem::path& path, const std::string& run,
                       const ModelOrigin& origin, Json description);

/// Error(kUsage) where vectors would be drawn into a .png or .svg file, or images written as .csv:
/// asked before long computations. `flag` names the file, `others` what it may end in instead.
void check_form(const Columns& columns, const std::string& flag, const std::string& path,
                const std::string& others);

/// Writes values, in their data's units, as .npy float32 [leading, an image's or vector's shape],
/// or as .csv, a line for each vector below the columns' names.
void write_values(const std::string& path, const ImageSet& images,
                  std::vector<std::size_t> leading);

/// All images as sheet_of(picture_of) has them, in so many columns; 0: in a grid that is nearly
/// square.
Picture contact_sheet(const ImageSet& images, int columns = 0);

}  // namespace spvae::cli
