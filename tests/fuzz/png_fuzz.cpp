#include <algorithm>
#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/png.h"

namespace {

using spvae::fuzz::Bytes;

constexpr std::size_t kSignature = 8;

std::size_t number_at(std::span<const std::uint8_t> bytes) {
  return std::size_t{bytes[0]} << 24 | std::size_t{bytes[1]} << 16 | std::size_t{bytes[2]} << 8 |
         bytes[3];
}

void append_number(Bytes& bytes, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

/// The same chunks with their right check sums, so that mutations get past them; with `pack`, what
/// IDAT holds is packed first.
Bytes with_check_sums(std::span<const std::uint8_t> file, bool pack) {
  const std::size_t start = std::min(file.size(), kSignature);
  Bytes result(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(start));
  std::span<const std::uint8_t> left = file.subspan(start);
  while (left.size() >= 12 && number_at(left) <= left.size() - 12) {
    const std::size_t size = number_at(left);
    const auto name = left.subspan(4, 4);
    const auto content = left.subspan(8, size);
    const bool is_data = std::string_view(reinterpret_cast<const char*>(name.data()), 4) == "IDAT";
    const Bytes held = pack && is_data ? spvae::fuzz::deflated(content, 15)
                                       : Bytes(content.begin(), content.end());
    append_number(result, held.size());
    const std::size_t named = result.size();
    result.insert(result.end(), name.begin(), name.end());
    result.insert(result.end(), held.begin(), held.end());
    append_number(result, crc32(0, &result[named], static_cast<unsigned>(result.size() - named)));
    left = left.subspan(12 + size);
  }
  result.insert(result.end(), left.begin(), left.end());
  return result;
}

}  // namespace

/// The first byte says what is done to the others: 1 check sums, 2 packing too, all else nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  if (size == 0) return 0;
  const std::span<const std::uint8_t> input(data + 1, size - 1);
  const bool as_it_is = data[0] != 1 && data[0] != 2;
  const fuzz::MemoryFile file(as_it_is ? Bytes(input.begin(), input.end())
                                       : with_check_sums(input, data[0] == 2));
  PngHeader header;
  fuzz::expect_value_or_error([&] { header = read_png_header(file.path()); });
  fuzz::expect_value_or_error([&] {
    const Picture picture = read_png(file.path());
    const std::size_t samples = std::size_t{static_cast<unsigned>(picture.height)} *
                                static_cast<unsigned>(picture.width) *
                                static_cast<unsigned>(picture.channels);
    if (samples == 0 || samples != picture.pixels.size()) std::abort();
    if (header.height != picture.height || header.width != picture.width ||
        header.channels != picture.channels) {
      std::abort();
    }
  });
  return 0;
}
