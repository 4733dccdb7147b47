#pragma once

#include <chrono>

namespace spvae::bench {

class Stopwatch {
 public:
  /// Seconds since it was made or last asked.
  double lap() {
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace spvae::bench
