#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "run_model.h"
#include "run_name.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/train/training_run.h"
#include "training_display.h"

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

// Takes the destination's keys out of `given`, which keeps those of RunConfig.
Destination take_destination(Json& given) {
  Destination destination;
  apply_config(destination_fields(), taken_keys(field_infos(destination_fields()), given),
               destination);
  if (destination.resume && destination.force) {
    fail(ErrorKind::kUsage, "train: got --resume and --force, expected at most one of them");
  }
  if (destination.out.empty()) destination.out = "runs/" + run_name(given);
  return destination;
}

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
  run_interruptible("--resume goes on", [&] {
    TrainingDisplay display;
    training = run_training(destination.out, mode, given, display, interrupted);
  });
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
