#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  const fuzz::MemoryFile file({data, size});
  fuzz::expect_value_or_error([&] {
    const TensorFile tensors = read_safetensors(file.path());
    // What was read is written and read back alike.
    const TensorFile again = decode_safetensors(encode_safetensors(tensors), "again");
    if (again.metadata != tensors.metadata || again.tensors != tensors.tensors) std::abort();
  });
  return 0;
}
