#include "spvae/model/sealed_file.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/digest.h"

namespace spvae {
namespace {

std::string content_digest(const TensorFile& file) {
  std::string bytes;
  for (const auto& [key, value] : file.metadata) {
    if (key != "digest") bytes.append(key).append("=").append(value).append("\n");
  }
  for (const TensorRecord& tensor : file.tensors) {
    bytes += fmt::format("{} {} [{}]\n", tensor.name, dtype_name(tensor.dtype),
                         fmt::join(tensor.shape, ","));
    bytes.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  return sha256(bytes);
}

}  // namespace

void write_sealed(const std::filesystem::path& path, const FileFormat& format, TensorFile file) {
  file.metadata["format"] = format.name;
  file.metadata["format_version"] = format.version;
  file.metadata["version"] = version();
  file.metadata["digest"] = content_digest(file);
  write_safetensors(path, file);
}

TensorFile read_sealed(const std::filesystem::path& path, const FileFormat& format) {
  TensorFile file = read_safetensors(path);
  const auto name = file.metadata.find("format");
  if (name == file.metadata.end() || name->second != format.name) {
    fail(ErrorKind::kData, "{}: not a {}: got {}, expected format '{}'", file.source,
         format.description,
         name == file.metadata.end() ? "no format" : "format '" + name->second + "'", format.name);
  }
  const std::string& version = file.metadata_value("format_version");
  if (version != format.version && std::ranges::find(format.older, version) == format.older.end()) {
    fail(ErrorKind::kData,
         "{}: got a {} of format version '{}', expected '{}'; another version of spvae wrote it: "
         "train anew, or use that one",
         file.source, format.description, version, format.version);
  }
  if (file.metadata_value("digest") != content_digest(file)) {
    fail(ErrorKind::kData, "{}: the {} is damaged: its content does not match its digest",
         file.source, format.description);
  }
  return file;
}

}  // namespace spvae
