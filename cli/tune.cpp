
#include <algorithm>

#include "options.h"
#include "output.h"
#include "process.h"
#include "progress.h"
#include "spvae/core/error.h"
#include "spvae/data/data_set.h"
#include "spvae/experiment/tuning.h"
#include "spvae/experiment/tuning_results.h"
#include "spvae/io/file.h"
#include "spvae/run/train_command.h"
#include "spvae/train/run_config.h"

namespace spvae::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExample =
    R"(Trains the points of a grid, selects by the best validation bound, and writes tune.md, tune.csv
and a picture, tune.svg and tune.png, into OUT, anew after each point. Each point is a run of its
own, OUT/points/NAME, to evaluate or sample from. A search that was stopped goes on with the same
command. The test images are not looked at.

Examples:
  spvae tune                                          TP19's grid for the SPVAE on MNIST
  spvae tune --model vae --grid vae --points 8        a random part of TP19's grid
  spvae tune --grid 'hidden=16,32;latent=5,25' --halving 2)";

struct TuneConfig {
  std::string out;   // empty: runs/tune-DATA-MODEL-LIKELIHOOD
  std::string grid;  // empty: that of the model's name
  TuningConfig search;
};

const FieldList<TuningConfig>& search_fields() {
  using Config = TuningConfig;
  static const FieldList<Config> list = {
      shown_as("all", number_field("points", &Config::points,
                                   "only so many points of the grid, at random", 1, 10000)),
      shown_as("none are dropped",
               number_field(
                   "halving", &Config::halving,
                   "successive halving: the best 1/N of the points go on each time, N times as far",
                   2, 100)),
      number_field("first-steps", &Config::first_steps,
                   "steps before points are dropped for the first time", 1, 1e9),
  };
  return list;
}

const FieldList<TuneConfig>& tune_fields() {
  static const FieldList<TuneConfig> list = with_fields<TuneConfig>(
      {
          shown_as("runs/tune-DATA-MODEL-LIKELIHOOD",
                   text_field("out", &TuneConfig::out, "folder of the search")),
          shown_as("TP19's of the model",
                   text_field("grid", &TuneConfig::grid,
                              "KEY=VALUE,VALUE;KEY=VALUE,VALUE, the name of a grid of TP19 (spvae, "
                              "spvae-h30, vae, conv-spvae, conv-vae), or FILE.json")),
      },
      fields_of(&TuneConfig::search, search_fields()));
  return list;
}

std::vector<FieldInfo> all_fields() {
  std::vector<FieldInfo> fields = field_infos(tune_fields(), TuneConfig{});
  for (const FieldInfo& field : run_field_infos(Recipe::kPaper)) fields.push_back(field);
  return fields;
}

/// What `spvae tune` is told: of the search, and of all its runs.
std::pair<TuneConfig, RunRequest> request_of(Json given) {
  TuneConfig config;
  const Json taken = taken_keys(field_infos(tune_fields()), given);
  RunRequest runs(given);
  apply_config(tune_fields(), taken, config);
  if (taken.contains("first-steps") && !taken.contains("halving")) {
    fail(ErrorKind::kUsage, "first-steps: has an effect with --halving alone; say both or neither");
  }
  if (config.out.empty()) config.out = "runs/tune-" + run_name(runs.config);
  if (config.grid.empty()) {
    config.grid = run_config_json(runs.config).at("model").get<std::string>();
  }
  return {std::move(config), std::move(runs)};
}

/// Shows each point's training on stderr.
class Display : public TrainingDisplays<TuningObserver> {
 public:
  Display(const fs::path& folder, const Json& search) : folder_(folder), search_(search) {}
  void on_point(const TuningPoint& point, int number, int count) override {
    end_training();
    ProgressDisplay().show(
        fmt::format("rung {}, point {} of {}: {}", point.rung + 1, number, count, point.name()),
        true);
  }
  void on_points(const std::vector<TuningPoint>& points) override {
    write_tuning_results(folder_, search_, points);
  }

 private:
  fs::path folder_;
  Json search_;
};

/// How the search is made; its data are read through for that. Error(kUsage) if its folder holds
/// the results of another one.
Json checked_search(const Options& options, const RunConfig& run, const Grid& grid,
                    const TuneConfig& config, const std::vector<TuningPoint>& points) {
  ThreadPool pool(run.threads);
  const DataSet data(data_config(run), &pool);
  Json search = search_json("spvae tune" + flag_words(options.given()), run.train.seed, grid,
                            config.search, points, data);
  check_same_search(config.out, search, points);
  return search;
}

std::string readable(const std::vector<TuningPoint>& points) {
  const TuningPoint& best = points.front();
  const auto failed = std::ranges::count(points, true, &TuningPoint::failed);
  return fmt::format(
      "{}{}; the best, {}: validation bound {} nats per image\n"
      "next: spvae evaluate '{}'\n",
      counted(points.size(), "point"),
      failed > 0 ? fmt::format(", {} of them failed (tune.md says which)", failed) : "",
      best.name(), nats_text(best.validation_bound), best.run.string());
}

void run_tune(const Options& options) {
  stop_on_signals();
  const auto [config, runs] = request_of(options.given());
  const Grid grid = parse_grid(config.grid);
  for (const GridAxis& axis : grid) {
    if (runs.given.contains(axis.key)) {
      fail(ErrorKind::kUsage, "{}: is both a flag and a key of the grid; leave out one of them",
           axis.key);
    }
  }
  std::vector<TuningPoint> points = tuning_points(config.out, runs, grid, config.search);
  const Json search = checked_search(options, runs.config, grid, config, points);
  create_folders(config.out);
  run_interruptible("the same command goes on", [&] {
    Display display(config.out, search);
    points = tune(std::move(points), config.search, display, interrupted);
  });
  write_tuning_results(config.out, search, points);
  if (points.front().failed) {
    fail(ErrorKind::kNumerical,
         "{}: all points failed: their numbers left the finite, so that none is the best; a lower "
         "learning-rate may help",
         config.out);
  }
  Json result = {{"out", config.out}};
  result.update(search);
  result["points"] = tuning_json(points);
  options.print_result(result, readable(points));
}

}  // namespace

Run add_tune(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, all_fields());
  return [options] { run_tune(*options); };
}

}  // namespace spvae::cli
