#include "spvae/io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/file.h"

namespace spvae {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie");

constexpr const char* kMetadata = "__metadata__";
constexpr const char* kEnding = ".safetensors";
constexpr std::size_t kLengthSize = 8;
constexpr std::uint64_t kMaxHeaderSize = 100'000'000;  // the limit of the format's own library

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<DtypeInfo, 5> kDtypes{{{Dtype::kU8, "U8", 1},
                                            {Dtype::kU32, "U32", 4},
                                            {Dtype::kI64, "I64", 8},
                                            {Dtype::kF32, "F32", 4},
                                            {Dtype::kF64, "F64", 8}}};

const DtypeInfo& info(Dtype dtype) { return *std::ranges::find(kDtypes, dtype, &DtypeInfo::dtype); }

// Nothing if no memory could hold the tensor.
std::optional<std::size_t> bytes_of(std::span<const std::size_t> shape, Dtype dtype) {
  std::size_t bytes = info(dtype).size;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

// One file's bytes on their way to a TensorFile.
class Decoder {
 public:
  Decoder(std::string_view bytes, std::string source) : bytes_(bytes) {
    file_.source = std::move(source);
  }

  TensorFile decode() {
    const Json header = parse(split_header());
    std::vector<Place> places;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        decode_metadata(value);
      } else {
        places.push_back(decode_place(name, value));
      }
    }
    take_data(places);
    return std::move(file_);
  }

 private:
  struct Place {
    TensorRecord tensor;
    std::size_t begin;
    std::size_t end;
  };

  template <class... Arguments>
  [[noreturn]] void reject(fmt::format_string<Arguments...> format,
                           Arguments&&... arguments) const {
    fail(ErrorKind::kData, "{}: not a valid safetensors file: {}", file_.source,
         fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  // Gives the header's text and leaves the data in data_.
  std::string_view split_header() {
    if (bytes_.size() < kLengthSize) {
      reject("got {} bytes, expected at least {}; copy the file again", bytes_.size(), kLengthSize);
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), kLengthSize);
    const std::string_view rest = bytes_.substr(kLengthSize);
    if (length > kMaxHeaderSize) reject_foreign();
    if (length > rest.size()) {
      reject("truncated: got a header of {} bytes, expected at most {}; copy the file again",
             length, rest.size());
    }
    data_ = rest.substr(length);
    return rest.substr(0, length);
  }

  // The first bytes are no length of a header.
  [[noreturn]] void reject_foreign() const {
    if (file_.source.ends_with(kEnding)) {
      reject("it does not begin with a header; copy the file again");
    }
    fail(ErrorKind::kData,
         "{} is not a model file (safetensors); give the run's folder or its model{}", file_.source,
         kEnding);
  }

  Json parse(std::string_view text) const {
    ParsedJson header = parse_json(text);
    if (header.fault && header.fault->byte > 0) {
      reject("the header is damaged ({} at byte {}); copy the file again", header.fault->what,
             kLengthSize + header.fault->byte);
    }
    if (header.fault) {
      reject("the header is damaged ({}); copy the file again", header.fault->what);
    }
    if (!header.value.is_object() || !text.starts_with('{')) {
      reject("expected a JSON object as header");
    }
    return std::move(header.value);
  }

  void decode_metadata(const Json& object) {
    if (!object.is_object()) reject("{}: expected an object", kMetadata);
    for (const auto& [key, value] : object.items()) {
      if (!value.is_string()) reject("{}: '{}': expected a string", kMetadata, shown_text(key));
      file_.metadata.emplace(key, value.get<std::string>());
    }
  }

  Place decode_place(const std::string& name, const Json& object) const {
    const std::string shown = shown_text(name);
    if (!object.is_object() || object.size() != 3 || !object.contains("dtype") ||
        !object.contains("shape") || !object.contains("data_offsets")) {
      reject("tensor '{}': expected an object with dtype, shape and data_offsets", shown);
    }
    const Json& dtype = object["dtype"];
    const auto known = std::ranges::find_if(
        kDtypes, [&](const DtypeInfo& candidate) { return dtype == candidate.name; });
    if (known == kDtypes.end()) {
      reject("tensor '{}': got dtype {}, expected U8, U32, I64, F32 or F64", shown,
             shown_json(dtype));
    }
    const auto shape = decode_sizes(object["shape"]);
    if (!shape) {
      reject("tensor '{}': got shape {}, expected sizes", shown, shown_json(object["shape"]));
    }
    const auto offsets = decode_sizes(object["data_offsets"]);
    if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1]) {
      reject("tensor '{}': got data_offsets {}, expected a begin and an end", shown,
             shown_json(object["data_offsets"]));
    }
    const std::size_t begin = (*offsets)[0];
    const std::size_t end = (*offsets)[1];
    if (bytes_of(*shape, known->dtype) != end - begin) {
      reject("tensor '{}': got {} bytes, expected those of {} with shape {}", shown, end - begin,
             known->name, shown_json(object["shape"]));
    }
    if (end > data_.size()) {
      reject("tensor '{}': its data end at byte {}, expected at most {}; copy the file again",
             shown, end, data_.size());
    }
    return {{name, known->dtype, *shape, {}}, begin, end};
  }

  static std::optional<std::vector<std::size_t>> decode_sizes(const Json& array) {
    if (!array.is_array()) return std::nullopt;
    std::vector<std::size_t> sizes;
    for (const Json& size : array) {
      if (!size.is_number_unsigned()) return std::nullopt;
      sizes.push_back(size.get<std::size_t>());
    }
    return sizes;
  }

  void take_data(std::vector<Place>& places) {
    std::ranges::stable_sort(places, {},
                             [](const Place& place) { return std::pair(place.begin, place.end); });
    std::size_t expected = 0;
    for (Place& place : places) {
      if (place.begin != expected) {
        reject("tensor '{}': its data begin at byte {}, expected {} (no gap, no overlap)",
               shown_text(place.tensor.name), place.begin, expected);
      }
      const std::span<const std::byte> bytes =
          std::as_bytes(std::span(data_)).subspan(place.begin, place.end - place.begin);
      place.tensor.bytes.assign(bytes.begin(), bytes.end());
      file_.tensors.push_back(std::move(place.tensor));
      expected = place.end;
    }
    if (expected != data_.size()) {
      reject("got {} bytes of data, expected {}", data_.size(), expected);
    }
  }

  std::string_view bytes_;
  std::string_view data_;
  TensorFile file_;
};

std::string shape_text(std::span<const std::size_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

std::string_view dtype_name(Dtype dtype) { return info(dtype).name; }

void TensorFile::add_bytes(TensorRecord tensor) {
  assert(tensor.name != kMetadata);
  assert(std::ranges::find(tensors, tensor.name, &TensorRecord::name) == tensors.end());
  assert(bytes_of(tensor.shape, tensor.dtype) == tensor.bytes.size());
  tensors.push_back(std::move(tensor));
}

const TensorRecord& TensorFile::find(std::string_view name, Dtype dtype,
                                     std::span<const std::size_t> shape) const {
  const auto tensor = std::ranges::find(tensors, name, &TensorRecord::name);
  if (tensor == tensors.end()) {
    fail(ErrorKind::kData, "{}: the tensor '{}' is missing", source, name);
  }
  if (tensor->dtype != dtype || !std::ranges::equal(tensor->shape, shape)) {
    fail(ErrorKind::kData, "{}: tensor '{}': got {} {}, expected {} {}", source, name,
         info(tensor->dtype).name, shape_text(tensor->shape), info(dtype).name, shape_text(shape));
  }
  return *tensor;
}

Json TensorFile::metadata_json(const std::string& key) const {
  const std::string& text = metadata_value(key);
  ParsedJson parsed = parse_json(text);
  if (parsed.fault) {
    fail(ErrorKind::kData, "{}: the metadata's {} is not valid: {}", source, key,
         fault_text(*parsed.fault, text));
  }
  return std::move(parsed.value);
}

const std::string& TensorFile::metadata_value(const std::string& key) const {
  const auto entry = metadata.find(key);
  if (entry == metadata.end()) {
    fail(ErrorKind::kData, "{}: the metadata key '{}' is missing", source, key);
  }
  return entry->second;
}

std::string encode_safetensors(const TensorFile& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::size_t size = 0;
  for (const TensorRecord& tensor : file.tensors) {
    header[tensor.name] = {{"dtype", info(tensor.dtype).name},
                           {"shape", tensor.shape},
                           {"data_offsets", {size, size + tensor.bytes.size()}}};
    size += tensor.bytes.size();
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kLengthSize - text.size() % kLengthSize) % kLengthSize, ' ');

  const std::uint64_t length = text.size();
  std::string bytes(kLengthSize, '\0');
  std::memcpy(bytes.data(), &length, kLengthSize);
  bytes.reserve(kLengthSize + text.size() + size);
  bytes += text;
  for (const TensorRecord& tensor : file.tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  return bytes;
}

TensorFile decode_safetensors(std::string_view bytes, std::string source) {
  return Decoder(bytes, std::move(source)).decode();
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  write_file_atomically(path, encode_safetensors(file));
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  return decode_safetensors(read_file(path), path.string());
}

}  // namespace spvae
