#include <algorithm>
#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/structure/graph_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spvae;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ParsedJson parsed = parse_json(text);
  if (parsed.fault) return 0;
  for (const int variables : {1, 4, 6, 12}) {
    for (const int channels : {1, 3}) {
      if (variables % channels != 0) continue;
      fuzz::expect_value_or_error([&] {
        const RegionGraph graph = region_graph_of(parsed.value, variables, channels);
        // What was read is written so that it is read as the same.
        const Json written = region_graph_json(graph, channels);
        const RegionGraph again = region_graph_of(written, variables, channels);
        if (region_graph_json(again, channels) != written) std::abort();
      });
    }
  }
  return 0;
}
