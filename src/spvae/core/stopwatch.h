#pragma once

#include <chrono>

namespace spvae {

/// Seconds since it was made, and since it was last asked for a lap.
class Stopwatch {
 public:
  double seconds() const { return since(start_); }
  double lap() {
    const double seconds = since(lap_);
    lap_ = Clock::now();
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double since(Clock::time_point time) {
    return std::chrono::duration<double>(Clock::now() - time).count();
  }
  Clock::time_point start_ = Clock::now();
  Clock::time_point lap_ = start_;
};

}  // namespace spvae
