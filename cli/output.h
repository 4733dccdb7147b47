#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/data/image_set.h"
#include "spvae/io/png.h"
#include "spvae/model/checkpoint.h"
#include "spvae/report/numbers.h"

namespace spvae::cli {

/// Writes a result to stdout, as plain_lines. Error(kIo) if it cannot be written.
void print(const std::string& text);

/// One JSON object on one line.
void print_json(const Json& object);

/// JSON text; bytes that are no UTF-8, as a file's name may hold, become U+FFFD. indent < 0: one
/// line.
std::string json_text(const Json& object, int indent = -1);

/// The same text as valid UTF-8, and without control characters, those of the direction of
/// writing too, but with ends of lines: names of files and classes may hold what commands a
/// terminal.
std::string plain_lines(const std::string& text);

/// The same of a message on one line: it may quote a damaged file.
std::string one_line(const std::string& message);

/// Nats for people: "-1234.57", "-2.5e+10" where the digits would say nothing.
std::string nats_text(double nats);

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

/// A row of numbers for each image.
struct Table {
  std::vector<std::string> columns;
  std::vector<double> values;  ///< [images, columns]

  std::size_t rows() const { return values.size() / columns.size(); }
  std::span<const double> row(std::size_t i) const {
    return std::span(values).subspan(i * columns.size(), columns.size());
  }
};

/// The endings of files' names that write_table knows.
inline const std::vector<std::string> kTableEndings = {".npy", ".csv", ".jsonl"};

/// Writes a table as the name's ending says: .npy, .csv with a line of the columns' names, or
/// .jsonl with an object for each row, where numbers that are not finite are null. Errors as
/// write_file_atomically.
void write_table(const std::string& path, const Table& table);

}  // namespace spvae::cli
