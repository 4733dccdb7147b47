#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/cifar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  const fuzz::MemoryFile file(fuzz::packed_input({data, size}));
  for (const std::uint32_t records : {1u, 2u}) {
    fuzz::expect_value_or_error([&] {
      std::uint32_t count = 0;
      read_cifar(file.path(), records, [&](std::span<const std::uint8_t> planes) {
        if (planes.size() != kPlanesSize) std::abort();
        ++count;
      });
      if (count != records) std::abort();
    });
  }
  return 0;
}
