#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  const fuzz::MemoryFile file(fuzz::packed_input({data, size}));
  for (const int rank : {1, 3}) {
    fuzz::expect_value_or_error([&] { read_idx_shape(file.path(), rank); });
    fuzz::expect_value_or_error([&] {
      const IdxArray array = read_idx(file.path(), rank);
      std::uint64_t count = 1;
      for (const std::uint32_t axis : array.shape) count *= axis;
      if (count == 0 || count != array.values.size()) std::abort();
    });
  }
  fuzz::expect_value_or_error([&] { digest_of_content(file.path()); });
  return 0;
}
