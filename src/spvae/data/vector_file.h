#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace spvae {

/// What a file of vectors holds: .csv as read_csv has it, else .npy [rows, columns] of numbers.
struct VectorFile {
  std::uint32_t rows = 0;
  std::vector<std::string> columns;  ///< their names; of .npy, numbered_columns
  std::uint64_t size = 0;            ///< of the content, in bytes; of .csv 0
};

/// More columns no model takes.
inline constexpr std::size_t kMaxColumns = 4096;

/// The number of columns where a file holds vectors, 0 where it does not: .csv does, and .npy of
/// two axes, unless it may be square images (read_image_array_header) and is not `asked` for as
/// vectors. Error(kUsage) where vectors are asked for of another file; else as read_csv and
/// read_npy_header.
int columns_of_vectors(const std::filesystem::path& file, bool asked);

/// Whether files of vectors of this format name their columns.
bool names_columns(const std::filesystem::path& file);

/// By the header of a .npy file; a .csv file is read through. Throws as read_csv and
/// read_npy_header; Error(kData) for no rows or columns, and for too many.
VectorFile read_vector_header(const std::filesystem::path& file);

/// [rows, columns] the values. Throws as read_csv and read_npy_numbers; Error(kData), naming row
/// and column, for an infinite value, and for NaN unless `takes_nan`.
std::vector<float> read_vectors(const std::filesystem::path& file, bool takes_nan);

}  // namespace spvae
