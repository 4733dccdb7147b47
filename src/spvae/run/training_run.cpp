#include "spvae/run/training_run.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/stopwatch.h"
#include "spvae/data/data_set.h"
#include "spvae/io/file.h"
#include "spvae/model/engine.h"

namespace spvae {
namespace {

/// Of all threads of this process, since it was last asked.
class ProcessorTime {
 public:
  double lap() {
    const double seconds = now() - lap_;
    lap_ += seconds;
    return seconds;
  }

 private:
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double lap_ = now();
};

CheckReport make_report(const Check& check, const Progress& progress, int max_steps,
                        std::int64_t steps, Stopwatch& stopwatch, ProcessorTime& processor) {
  CheckReport report{.check = check, .progress = progress, .seconds = stopwatch.seconds()};
  report.steps_per_second = static_cast<double>(steps) / stopwatch.lap();
  report.processor_seconds_per_step = processor.lap() / static_cast<double>(steps);
  report.seconds_left_at_most =
      static_cast<double>(max_steps - check.step) / report.steps_per_second;
  return report;
}

/// Steps and checks until training is finished; returns the seconds that it took.
double train(Trainer& trainer, RunFolder& folder, int max_steps, TrainObserver& observer,
             const std::function<bool()>& stop) {
  Stopwatch stopwatch;
  ProcessorTime processor;
  std::int64_t steps = 0;  // since the last check, in this process
  while (!trainer.finished()) {
    if (stop()) {
      folder.save_state(trainer);
      fail(ErrorKind::kInterrupted, "stopped after step {}; everything is saved",
           trainer.progress().step);
    }
    if (trainer.check_due()) {
      const Check check = trainer.check();
      const CheckReport report =
          make_report(check, trainer.progress(), max_steps, steps, stopwatch, processor);
      steps = 0;
      folder.record(report, trainer);
      observer.on_check(report);
    } else {
      const double bound = trainer.step();
      ++steps;
      observer.on_step(trainer.progress().step, bound);
    }
  }
  return stopwatch.seconds();
}

DataSet open_data(const RunConfig& config, bool is_resumed, ThreadPool& pool,
                  const LoadObserver& observer) try {
  return DataSet(data_config(config), &pool, observer);
} catch (const Error& error) {
  // Of a named set, the message says --data-dir.
  if (!is_resumed || error.kind() != ErrorKind::kNoInput || is_named_set(config.data)) throw;
  fail(error.kind(), "{}; if the run's data have moved, say --data", error.what());
}

/// Of vectors whose columns no Gaussian of a leaf reaches: its deviation is at most 1. Else empty.
std::string scale_warning(const ImageSet& training, const RunConfig& config) {
  constexpr double kFar = 10;
  const Columns& columns = config.model.columns;
  const bool is_continuous = !is_discrete(config.model.leaf.likelihood);
  if (columns.are_none() || columns.are_scaled() || !is_continuous) return "";
  for (std::size_t i = 0; i < training.values.size(); ++i) {
    const auto value = static_cast<double>(training.values[i]);
    if (std::abs(value) < kFar) continue;
    return fmt::format(
        "column {} holds {:.6g}, but before training a Gaussian is of values around 0 with a "
        "deviation of at most 1; --standardise scales columns",
        columns.names[i % columns.names.size()], value);
  }
  return "";
}

/// What is left of a run that failed.
std::string remains(const Error& error, const Trainer& trainer, const RunFolder& folder) {
  const std::int64_t best = trainer.progress().best_step;
  switch (error.kind()) {
    case ErrorKind::kNumerical:
      return best == 0 ? "; there was no check yet, hence no model"
                       : fmt::format("; the best model so far, of step {}, is kept in {}", best,
                                     folder.model_path().string());
    case ErrorKind::kIo:
    case ErrorKind::kCannotCreate:
      return folder.has_state() ? "; free some space, then --resume goes on from what was saved"
                                : "; nothing was saved yet: free some space and begin anew";
    default:
      return "";
  }
}

}  // namespace

TrainingResult start_or_resume_training(const std::filesystem::path& path, const RunRequest& asked,
                                        TrainObserver& observer,
                                        const std::function<bool()>& stop) {
  const bool has_begun = is_there(path / RunFolder::kConfigFile);
  return run_training(path, has_begun ? RunMode::kResume : RunMode::kNew, asked, observer, stop);
}

TrainingResult run_training(const std::filesystem::path& path, RunMode mode,
                            const RunRequest& asked, TrainObserver& observer,
                            const std::function<bool()>& stop) {
  const bool is_resumed = mode == RunMode::kResume;
  RunFolder folder(path, mode);
  RunConfig config = is_resumed ? folder.resumed_config(asked.given) : asked.config;
  anchor_data(config);

  ThreadPool pool(config.threads);
  const LoadObserver on_loading = [&observer](std::size_t done, std::size_t files) {
    observer.on_loading(done, files);
  };
  const DataSet data = open_data(config, is_resumed, pool, on_loading);
  if (!data.warning().empty()) observer.on_message("warning: " + data.warning());
  fit_to_data(data, config);
  const bool is_left = !is_resumed && !asked.given.contains("colour") && !is_named_set(config.data);
  if (is_left && data.has_colours()) {
    observer.on_message("the images' colours become gray; --colour rgb or ycocg keeps them");
  }
  Spvae model(config.model);
  model.initialise(config.train.seed);
  auto [training_images, validation_images] = data.load_training(pool, on_loading);
  keep_evenly(validation_images, images_validated(config.train, validation_images.count()));
  if (config.model.leaf.likelihood.gaussian.max_precision == 0) {
    const std::string warning = data.noise_warning(training_images);
    if (!warning.empty()) observer.on_message("warning: " + warning);
  }
  const std::string unscaled = scale_warning(training_images, config);
  if (!unscaled.empty()) observer.on_message("warning: " + unscaled);
  const auto engine = make_engine(config.engine, model.leaves(), pool);
  Trainer trainer(config.train, model, training_images, validation_images, *engine, pool);

  const DataOrigin origin{data.name(), data.digest(), unseen_pixels(training_images)};
  if (!is_resumed) folder.begin(config, origin);
  try {
    if (is_resumed) folder.resume(config, origin, trainer);
    if (trainer.finished()) {
      observer.on_message(
          fmt::format("{}: the run is finished already, at step {}; there is nothing to resume",
                      path.string(), trainer.progress().step));
      return {.was_finished = true, .progress = trainer.progress(), .data_warning = data.warning()};
    }
    observer.on_start({.config = config,
                       .training_images = training_images.count(),
                       .validation_images = validation_images.count(),
                       .parameters = model.parameters().size(),
                       .step = trainer.progress().step});
    const double seconds = train(trainer, folder, config.train.max_steps, observer, stop);
    const std::string unused = unused_text(trainer.best_use());
    if (!unused.empty()) observer.on_message("warning: " + unused);
    return {.progress = trainer.progress(), .seconds = seconds, .data_warning = data.warning()};
  } catch (const Error& error) {
    throw Error(error.kind(), error.what() + remains(error, trainer, folder));
  }
}

}  // namespace spvae
