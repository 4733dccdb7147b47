#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "commands.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "run_model.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/train/training_run.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    "A run is a folder: config.json, metrics.jsonl (a line for each validation), "
    "model.safetensors\n"
    "(the best so far) and state.safetensors (for --resume). Ctrl-C saves and stops; a run that "
    "was\n"
    "stopped, killed or met a full disk resumes to the same bits as an uninterrupted one.\n"
    "\n"
    "Examples:\n"
    "  spvae train                                  the paper's SPVAE on MNIST, continuous\n"
    "  spvae train --likelihood logistic --max-steps 6000 --out runs/logistic\n"
    "  spvae train --model conv-spvae               convolutional leaves\n"
    "  spvae train --out runs/logistic --resume\n"
    "  spvae train --config runs/logistic/config.json --seed 1 --out runs/logistic-1";

/// Where the run goes, beside how it is trained.
struct Destination {
  std::string out;  // empty: runs/DATA-MODEL-LIKELIHOOD
  bool resume = false;
  bool force = false;
};

const FieldList<Destination>& destination_fields() {
  static const FieldList<Destination> list = {
      text_field("out", &Destination::out, "folder of the run"),
      boolean_field("resume", &Destination::resume, "go on with the run in that folder"),
      boolean_field("force", &Destination::force, "replace the run in that folder"),
  };
  return list;
}

std::vector<FieldInfo> all_fields() {
  std::vector<FieldInfo> fields = field_infos(run_fields());
  for (const FieldInfo& field : field_infos(destination_fields())) fields.push_back(field);
  return fields;
}

std::string shown_default(const std::string& field) {
  if (field == "out") return "runs/DATA-MODEL-LIKELIHOOD";
  if (field == "resume" || field == "force") return "";
  return default_text(field);
}

// "mnist" or the last name of a path, without endings.
std::string data_name(const std::string& data) {
  std::filesystem::path path = std::filesystem::path(data).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().string();
  return name.substr(0, name.find('.', 1));
}

std::string default_folder(const Json& given) {
  const RunConfig config = run_config(given);
  const Json values = run_config_json(config);
  return fmt::format("runs/{}-{}-{}", data_name(config.data), values.at("model").get<std::string>(),
                     values.at("likelihood").get<std::string>());
}

// Takes the destination's keys out of `given`, which keeps those of RunConfig.
Destination take_destination(Json& given) {
  Json own = Json::object();
  for (const FieldInfo& field : field_infos(destination_fields())) {
    if (!given.contains(field.name)) continue;
    own[field.name] = given.at(field.name);
    given.erase(field.name);
  }
  Destination destination;
  apply_config(destination_fields(), own, destination);
  if (destination.resume && destination.force) {
    fail(ErrorKind::kUsage, "train: got --resume and --force, expected at most one of them");
  }
  if (destination.out.empty()) destination.out = default_folder(given);
  return destination;
}

/// Shows training on stderr.
class Display : public TrainObserver {
 public:
  void on_start(const TrainStart& start) override {
    max_steps_ = start.config.train.max_steps;
    first_step_ = start.step;
    began_ = Clock::now();
    progress_.show(fmt::format("train: {} parameters, {} training and {}{}",
                               grouped(static_cast<long long>(start.parameters)),
                               grouped(start.training_images),
                               counted(start.validation_images, "validation image"),
                               start.step == 0 ? "" : fmt::format(", from step {}", start.step)),
                   true);
    progress_.end_line();
  }

  void on_step(std::int64_t step, double training_bound) override {
    if (!progress_.on_terminal() || !progress_.due()) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    const double rate = static_cast<double>(step - first_step_) / seconds;
    show(step, last_ ? last_->check.validation_bound : training_bound, rate,
         static_cast<double>(max_steps_ - step) / rate, false);
  }

  void on_check(const CheckReport& report) override {
    last_ = report;
    show(report.check.step, report.check.validation_bound, report.steps_per_second,
         report.seconds_left_at_most, report.check.step == max_steps_);
  }

  void on_message(const std::string& message) override {
    progress_.end_line();
    progress_.show(message, true);
    progress_.end_line();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void show(std::int64_t step, double bound, double rate, double left, bool forced) {
    const std::string best =
        last_ ? fmt::format("{} at step {}", nats_text(last_->progress.best_bound),
                            last_->progress.best_step)
              : "none yet";
    progress_.show(fmt::format("step {} of {}  bound {} nats  best {}  {:.1f} steps/s  at most "
                               "{} left",
                               step, max_steps_, nats_text(bound), best, rate, duration_text(left)),
                   forced);
  }

  ProgressDisplay progress_;
  std::int64_t max_steps_ = 0;
  std::int64_t first_step_ = 0;
  Clock::time_point began_;
  std::optional<CheckReport> last_;
};

void run_train(const Options& options) {
  stop_on_signals();
  Json given = options.given();
  const Destination destination = take_destination(given);
  // Of a run that goes on, the folder says which model it is.
  if (!destination.resume) check_used(run_fields(), run_config(given), options.flags());
  const RunMode mode = destination.resume  ? RunMode::kResume
                       : destination.force ? RunMode::kReplace
                                           : RunMode::kNew;
  TrainingResult training;
  {
    Display display;
    training = run_training(destination.out, mode, given, display, interrupted);
  }
  const StoredModel best = load_run_model(destination.out);
  Json result = {{"run", destination.out},
                 {"steps", training.progress.step},
                 {"best_step", training.progress.best_step},
                 {"validation_bound", training.progress.best_bound},
                 {"parameters", best.model.layout().size()},
                 {"encoder_parameters", best.model.leaves().encoder_parameters()},
                 {"seconds", training.seconds},
                 {"seed", best.origin.seed},
                 {"data", best.origin.data},
                 {"data_digest", best.origin.data_digest},
                 {"version", version()}};
  if (!training.data_warning.empty()) result["data_warning"] = training.data_warning;
  if (options.json()) return print_json(result);
  print(fmt::format("{}: {} in {}, best validation bound {} nats per image at step {}\n",
                    destination.out, counted(training.progress.step, "step"),
                    duration_text(training.seconds), nats_text(training.progress.best_bound),
                    training.progress.best_step));
}

}  // namespace

Run add_train(CLI::App& command) {
  command.footer(kExample);
  auto options = std::make_shared<Options>(command, all_fields(), shown_default);
  return [options] { run_train(*options); };
}

}  // namespace spvae::cli
