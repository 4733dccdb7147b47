#pragma once

#include <cstdint>

namespace spvae::bench {

/// Independent fused multiply-adds in registers, by the calling thread, `rounds` times; returns the
/// operations done (2 a multiply-add).
using MultiplyAdds = double (*)(std::int64_t rounds);

/// The machine's roof for a target of kernels::supported_targets(), of floats or of doubles. Not
/// thread-safe; what it returns is. Error(kUsage) where this machine cannot run the target.
MultiplyAdds multiply_adds(const char* target, bool of_doubles = false);

}  // namespace spvae::bench
