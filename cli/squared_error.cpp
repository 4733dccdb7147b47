#include "squared_error.h"

#include <cstddef>

namespace spvae::cli {

std::optional<double> mean_squared_error(const ImageSet& truth, const ImageSet& guesses,
                                         std::span<const std::uint8_t> counts) {
  const auto variables = static_cast<std::size_t>(truth.variables());
  const auto guesses_of_each =
      static_cast<std::size_t>(guesses.count()) / static_cast<std::size_t>(truth.count());
  double sum = 0;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < guesses.values.size(); ++i) {
    const std::size_t source = i / variables / guesses_of_each * variables + i % variables;
    if (!counts.empty() && counts[source] == 0) continue;
    const auto error = static_cast<double>(guesses.values[i] - truth.values[source]);
    sum += error * error;
    ++counted;
  }
  if (counted == 0) return std::nullopt;
  return sum / static_cast<double>(counted);
}

}  // namespace spvae::cli
