#include "reproduce_status.h"

#include <fmt/format.h>

#include "output.h"
#include "progress.h"
#include "spvae/core/version.h"
#include "spvae/experiment/results.h"

namespace spvae::cli {
namespace {

std::string stage_text(const TrialStatus& status) {
  switch (status.stage) {
    case TrialStatus::Stage::kFinished:
      return "done";
    case TrialStatus::Stage::kTraining:
      return fmt::format("training, step {}", grouped(status.step));
    case TrialStatus::Stage::kScoring:
      return fmt::format("scoring, {}", counted(status.scored, "image"));
    case TrialStatus::Stage::kStale:
      return "stale: of another config";
    case TrialStatus::Stage::kDamaged:
      return "damaged";
    case TrialStatus::Stage::kNotBegun:
      break;
  }
  return "to do";
}

/// How long finished trials took, over what was guessed; 1 before there are any.
double pace_of(const Experiment& experiment, const TrialFolders& folders) {
  double taken = 0;
  double guessed = 0;
  for (const Outcome& outcome : outcomes(experiment, folders)) {
    for (const char* part : {"training", "test", "train"}) {
      if (!outcome.result.contains(part)) continue;
      const Json& seconds = outcome.result.at(part).value("seconds", Json());
      if (seconds.is_number()) taken += seconds.get<double>() / 60;
    }
    guessed += outcome.trial.minutes;
  }
  return guessed > 0 ? taken / guessed : 1;
}

}  // namespace

Json status_json(const Experiment& experiment, const TrialFolders& folders) {
  Json trials = Json::array();
  double left = 0;
  int done = 0;
  const double pace = pace_of(experiment, folders);
  for (const Trial& trial : experiment.trials) {
    const TrialStatus status = trial_status(trial, folders, pace);
    done += status.stage == TrialStatus::Stage::kFinished;
    left += status.minutes_left;
    trials.push_back({{"cell", trial.name()},
                      {"seed", trial.run.config.train.seed},
                      {"state", stage_text(status)},
                      {"minutes_left", status.minutes_left}});
  }
  return {{"trials", trials},
          {"done", done},
          {"left", experiment.trials.size() - static_cast<std::size_t>(done)},
          {"minutes_left", left},
          {"version", version()}};
}

std::string readable_status(const Json& status) {
  std::string text;
  for (const Json& trial : status.at("trials")) {
    const double left = trial.at("minutes_left");
    text += fmt::format("{:<36} seed {:<4} {:<26}{}\n", trial.at("cell").get<std::string>(),
                        trial.at("seed").dump(), trial.at("state").get<std::string>(),
                        left > 0 ? "about " + duration_text(60 * left) : "");
  }
  return text + fmt::format("{} done, {} left: about {}\n", status.at("done").dump(),
                            status.at("left").dump(),
                            duration_text(60 * status.at("minutes_left").get<double>()));
}

}  // namespace spvae::cli
