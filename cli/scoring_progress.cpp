#include "scoring_progress.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "interruption.h"
#include "output.h"

namespace spvae::cli {

EvaluationObserver scoring_progress(ProgressDisplay& display, const std::string& label) {
  using Clock = std::chrono::steady_clock;
  struct Start {
    Clock::time_point time;
    double done;  ///< before it: what was scored before an interruption says nothing of the speed
  };
  return [&display, label, start = std::optional<Start>()](double done, int total) mutable {
    if (!start) start = {Clock::now(), done};
    const std::chrono::duration<double> elapsed = Clock::now() - start->time;
    const std::string left =
        done > start->done
            ? duration_text(elapsed.count() / (done - start->done) * (total - done)) + " left"
        : done < total ? "begun"
                       : "0 s left";
    display.show(fmt::format("{}: {} of {} images, {}", label, grouped(static_cast<int>(done)),
                             grouped(total), left),
                 done >= total);
    return !interrupted();
  };
}

}  // namespace spvae::cli
