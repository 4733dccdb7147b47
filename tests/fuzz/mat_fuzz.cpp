#include <algorithm>
#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/mat.h"

namespace {

using spvae::fuzz::Bytes;

constexpr std::size_t kHeaderSize = 128;

/// Header, then what follows as one compressed element: mutations are then within its zlib data.
Bytes with_packed_element(std::span<const std::uint8_t> bytes) {
  const std::size_t header = std::min(bytes.size(), kHeaderSize);
  Bytes file(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  const Bytes packed = spvae::fuzz::deflated(bytes.subspan(header), 15);
  file.insert(file.end(), {15, 0, 0, 0});
  for (int shift = 0; shift < 32; shift += 8) {
    file.push_back(static_cast<std::uint8_t>(packed.size() >> shift));
  }
  file.insert(file.end(), packed.begin(), packed.end());
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  const std::span<const std::uint8_t> input(data, size);
  const bool is_packed_element = size > 0 && data[0] == 3;
  const fuzz::MemoryFile file(is_packed_element ? with_packed_element(input.subspan(1))
                                                : fuzz::packed_input(input));
  std::uint32_t all = 0;
  fuzz::expect_value_or_error([&] { all = read_mat_images(file.path()).count; });
  // All if they are few, a prefix if the file claims to hold more.
  for (const std::uint32_t wanted : {1u, std::min(all, 4u)}) {
    fuzz::expect_value_or_error([&] {
      std::uint32_t count = 0;
      read_mat(file.path(), wanted, [&](std::span<const std::uint8_t> planes) {
        if (planes.size() != kPlanesSize) std::abort();
        ++count;
      });
      if (count != wanted || all < wanted) std::abort();
    });
  }
  return 0;
}
