#include "output_file.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "output.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/csv.h"
#include "spvae/io/npy.h"
#include "spvae/report/picture.h"

namespace spvae::cli {

bool has_ending(const std::filesystem::path& name, const std::string& ending) {
  std::string own = name.extension().string();
  for (char& letter : own) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return own == ending;
}

void check_output(const std::string& flag, const std::string& path,
                  const std::vector<std::string>& endings) {
  const auto is_of = [&path](const std::string& ending) { return has_ending(path, ending); };
  if (!std::ranges::any_of(endings, is_of)) {
    const std::span<const std::string> others(endings.data(), endings.size() - 1);
    fail(ErrorKind::kUsage, "{}: got '{}', expected a name that ends in {}{}{}", flag, path,
         fmt::join(others, ", "), others.empty() ? "" : " or ", endings.back());
  }
  check_can_create(path);
}

void check_can_create(const std::filesystem::path& path) {
  const std::filesystem::path folder =
      path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    fail(ErrorKind::kCannotCreate,
         "{}: cannot be created, since {} is not a folder; create it first", path.string(),
         folder.string());
  }
  if (std::filesystem::is_directory(path, error)) {
    fail(ErrorKind::kCannotCreate, "{}: is a folder, expected the name of a file", path.string());
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    fail(ErrorKind::kCannotCreate, "{}: cannot be created, since {} cannot be written to",
         path.string(), folder.string());
  }
}

void write_description(const std::filesystem::path& path, Json description) {
  description["version"] = version();
  std::filesystem::path beside = path;
  beside += ".json";
  write_file_atomically(beside, json_text(description, 2) + "\n");
}

void write_description(const std::filesystem::path& path, const std::string& run,
                       const ModelOrigin& origin, Json description) {
  description["version"] = version();
  description["run"] = run;
  description["model"] = {{"step", origin.step},
                          {"seed", origin.seed},
                          {"validation_bound", origin.validation_bound},
                          {"data", origin.data},
                          {"data_digest", origin.data_digest},
                          {"config", origin.training}};
  write_description(path, std::move(description));
}

void check_form(const Columns& columns, const std::string& flag, const std::string& path,
                const std::string& others) {
  const bool is_table = has_ending(path, ".csv");
  if (path.empty() || has_ending(path, ".npy") || is_table != columns.are_none()) return;
  fail(ErrorKind::kUsage, "{}: got '{}', but the model is of {}; choose a name that ends in {}",
       flag, path,
       is_table ? "images, whose values stand in no table" : "vectors, which are no pictures",
       others);
}

void write_values(const std::string& path, const ImageSet& images,
                  std::vector<std::size_t> leading) {
  if (!has_ending(path, ".csv")) {
    return write_npy<float>(path, array_shape(images, std::move(leading)), images.values);
  }
  std::string text = csv_line(images.columns.names);
  const auto columns = static_cast<std::size_t>(images.variables());
  for (std::size_t i = 0; i < images.values.size(); i += columns) {
    text += fmt::format("{}\n", fmt::join(std::span(images.values).subspan(i, columns), ","));
  }
  write_file_atomically(path, text);
}

Picture contact_sheet(const ImageSet& images, int columns) {
  const int count = images.count();
  const double ratio = static_cast<double>(images.height) / images.width;
  if (columns == 0) {
    columns = std::clamp(static_cast<int>(std::ceil(std::sqrt(count * ratio))), 1, count);
  }
  std::vector<Picture> pictures;
  pictures.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) pictures.push_back(picture_of(images, i));
  return sheet_of(pictures, columns);
}

}  // namespace spvae::cli
