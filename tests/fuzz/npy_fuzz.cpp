#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/npy.h"

namespace {

template <class T>
void read(const spvae::fuzz::MemoryFile& file) {
  spvae::fuzz::expect_value_or_error([&] {
    const spvae::NpyArray<T> array = spvae::read_npy<T>(file.path());
    std::size_t count = 1;
    for (const std::size_t axis : array.shape) count *= axis;
    if (count != array.values.size()) std::abort();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const spvae::fuzz::MemoryFile file({data, size});
  read<float>(file);
  read<double>(file);
  read<std::uint8_t>(file);
  read<std::int64_t>(file);
  spvae::fuzz::expect_value_or_error([&] { spvae::read_npy_numbers(file.path()); });
  spvae::fuzz::expect_value_or_error([&] {
    const auto range = spvae::read_npy_range(file.path());
    if (range && range->least > range->greatest) std::abort();
  });
  return 0;
}
