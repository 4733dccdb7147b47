#include <cmath>
#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  const fuzz::MemoryFile file(fuzz::packed_input({data, size}));
  fuzz::expect_value_or_error([&] {
    const CsvTable table = read_csv(file.path());
    if (table.columns.empty() || table.values.empty()) std::abort();
    if (table.values.size() % table.columns.size() != 0) std::abort();
    for (const float value : table.values) {
      if (std::isinf(value)) std::abort();
    }
  });
  return 0;
}
