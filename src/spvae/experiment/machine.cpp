#include "spvae/experiment/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "spvae/kernels/kernels.h"

namespace spvae {

std::string machine_name() {
  std::string name = "unknown processor";
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      name = line.substr(std::min(line.find(':') + 2, line.size()));
      break;
    }
  }
  return fmt::format("{} ({})", name, kernels::table().target);
}

}  // namespace spvae
