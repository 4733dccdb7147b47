

#include "options.h"
#include "output.h"
#include "process.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/run/class_runs.h"
#include "spvae/run/run_model.h"
#include "spvae/run/training_run.h"

namespace spvae::cli {
namespace {

constexpr const char* kExample =
    R"(A run is a folder: config.json, metrics.jsonl (a line for each validation), model.safetensors
(the best so far) and state.safetensors (for --resume). Ctrl-C saves and stops; a run that was
stopped, killed or met a full disk resumes to the same bits as an uninterrupted one.

Examples:
  spvae train                                  the best density of MNIST's images
  spvae train --data my/folder --out runs/mine
  spvae train --out runs/mine --resume
  spvae train --config runs/mine/config.json --seed 1 --out runs/mine-1
  spvae train --recipe paper                   the paper's SPVAE on MNIST, continuous
  spvae train --recipe paper --model conv-spvae --likelihood logistic
  spvae train --per-class --out runs/digits    a model for each class, for spvae classify)";

/// Where the run goes, beside how it is trained.
struct Destination {
  std::string out;  // empty: runs/DATA-MODEL-LIKELIHOOD
  bool resume = false;
  bool force = false;
  bool per_class = false;
};

const FieldList<Destination>& destination_fields() {
  static const FieldList<Destination> list = {
      shown_as("runs/DATA-MODEL-LIKELIHOOD",
               text_field("out", &Destination::out, "folder of the run")),
      boolean_field("resume", &Destination::resume, "go on with the run in that folder"),
      boolean_field("force", &Destination::force, "replace the run in that folder"),
      boolean_field("per-class", &Destination::per_class,
                    "train a model for each class, into folders of the run's; the same command "
                    "goes on"),
  };
  return list;
}

std::vector<FieldInfo> all_fields() {
  std::vector<FieldInfo> fields = run_field_infos(Recipe::kDensity);
  for (const FieldInfo& field : field_infos(destination_fields())) fields.push_back(field);
  return fields;
}

/// What `spvae train` is told.
struct TrainRequest {
  Destination to;
  RunRequest run;
};

TrainRequest request_of(const Options& options) {
  Json given = options.given();
  Destination to;
  apply_config(destination_fields(), taken_keys(field_infos(destination_fields()), given), to);
  // Files of earlier builds, and of runs, name no recipe and say all of their values.
  Json named = given;
  if (!options.has_file() && !given.contains("recipe")) named["recipe"] = recipe_names().back();
  if (to.resume && to.force) {
    fail(ErrorKind::kUsage, "train: got --resume and --force, expected at most one of them");
  }
  RunRequest run(to.resume ? given : named);
  if (to.out.empty()) {
    to.out = "runs/" + run_name(run_config(named)) + (to.per_class ? "-classes" : "");
  }
  if (to.per_class && !run.config.class_name.empty()) {
    fail(ErrorKind::kUsage, "train: got --per-class and the class {}, expected one of them",
         run.config.class_name);
  }
  if (holds_class_runs(to.out)) {
    if (to.force && !to.per_class) {
      fail(ErrorKind::kCannotCreate,
           "{}: holds models of classes; say --per-class too, or choose another --out", to.out);
    }
    to.per_class |= to.resume;
  }
  // Of a run that goes on, the folder says which model it is.
  if (!to.resume) {
    RunConfig config = run.config;
    if (to.per_class) config.class_name = "each";
    check_used(run_fields(), config, options.flags());
  }
  return {std::move(to), std::move(run)};
}

RunMode mode_of(const Destination& destination) {
  return destination.resume  ? RunMode::kResume
         : destination.force ? RunMode::kReplace
                             : RunMode::kNew;
}

void train_models_of_classes(const Destination& destination, const RunRequest& asked,
                             const Options& options) {
  std::vector<ClassTraining> trained;
  run_interruptible("the same command goes on", [&] {
    TrainingDisplay display;
    trained = train_classes(
        destination.out, mode_of(destination), asked, display,
        [&display](const ClassRun& run, int number, int count) {
          display.on_message(fmt::format("class {} of {}: {}", number, count, run.name));
        },
        interrupted);
  });
  Json result = {{"run", destination.out}, {"classes", Json::array()}, {"seconds", 0.0}};
  for (const auto& [run, training] : trained) {
    result["classes"].push_back({{"class", run.name},
                                 {"folder", run.folder},
                                 {"training_images", run.training_images},
                                 {"validation_images", run.validation_images},
                                 {"steps", training.progress.step},
                                 {"best_step", training.progress.best_step},
                                 {"validation_bound", training.progress.best_bound}});
    result["seconds"] = result["seconds"].get<double>() + training.seconds;
    if (!training.data_warning.empty()) result["data_warning"] = training.data_warning;
  }
  const ClassRuns runs = load_class_runs(destination.out);
  result["seed"] = runs.config.at("seed");
  result["data"] = runs.data;
  result["data_digest"] = runs.data_digest;
  result["version"] = version();
  options.print_result(
      result, fmt::format("{}: models of {} classes in {}; 'spvae classify {}' asks them\n",
                          destination.out, trained.size(), duration_text(result.at("seconds")),
                          destination.out));
}

void run_train(const Options& options) {
  stop_on_signals();
  const auto [destination, asked] = request_of(options);
  if (destination.per_class) return train_models_of_classes(destination, asked, options);
  TrainingResult training;
  run_interruptible("--resume goes on", [&] {
    TrainingDisplay display;
    training = run_training(destination.out, mode_of(destination), asked, display, interrupted);
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
  options.print_result(
      result, fmt::format("{}: {} in {}, best validation bound {} nats per {} at step {}\n",
                          destination.out, counted(training.progress.step, "step"),
                          duration_text(training.seconds), nats_text(training.progress.best_bound),
                          best.model.config().columns.thing(), training.progress.best_step));
}

}  // namespace

Run add_train(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, all_fields());
  return [options] { run_train(*options); };
}

}  // namespace spvae::cli
