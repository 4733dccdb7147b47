#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/run/train_observer.h"
#include "spvae/train/run_config.h"

namespace spvae {

/// One key of a run's config and the values it takes.
struct GridAxis {
  std::string key;
  std::vector<Json> values;
};
using Grid = std::vector<GridAxis>;

/// A grid from its text: "hidden=8,16,32;latent=5,25", the name of one in experiments/grids.json
/// ("spvae": TP19's), or the path of a JSON file of one object {key: [values]}.
/// Error(kUsage) for keys that a run does not have, doubled keys and values, bad or no values, and
/// for keys that change no result, what bounds are of, or how exactly they are computed: bounds are
/// to be comparable.
Grid parse_grid(const std::string& text);

/// How a search goes through a grid.
struct TuningConfig {
  int points = 0;  ///< a random part of the grid, of so many points; 0: all
  /// Successive halving (Jamieson and Talwalkar 2016): after first_steps, and again whenever the
  /// steps have grown by this factor, the best 1/halving of the points go on. 0: every point is
  /// trained to its end.
  int halving = 0;
  int first_steps = 1024;
};

/// A point of the grid, and how far it has come.
struct TuningPoint {
  Json values;                     ///< of the grid's keys, in their order
  RunRequest asked = {};           ///< them and the search's other keys
  std::filesystem::path run = {};  ///< its run folder
  std::int64_t step = 0;           ///< at its last check
  double validation_bound = -std::numeric_limits<double>::infinity();  ///< best so far, nats
  int rung = 0;           ///< how often it was chosen to go on
  bool finished = false;  ///< trained to its end
  bool failed = false;    ///< its numbers left the finite: it goes no further

  /// "hidden=8 latent=25".
  std::string name() const;
};

/// The better first: of a higher rung, then of the higher bound. Those that failed are the last.
bool is_better(const TuningPoint& a, const TuningPoint& b);

/// Watches a search, on the thread that trains.
class TuningObserver : public TrainObserver {
 public:
  /// A point's training begins or goes on, number `number` of `count` of this rung.
  virtual void on_point(const TuningPoint& point, int number, int count) = 0;
  /// After each point: all of them, as they are now.
  virtual void on_points(const std::vector<TuningPoint>& points) = 0;
};

/// The points of a search before it, in the grid's order, each with a run folder of its own in
/// `folder`/points. `shared`: the other keys of the runs. Error(kUsage) for a point that no run
/// would take.
std::vector<TuningPoint> tuning_points(const std::filesystem::path& folder,
                                       const RunRequest& shared, const Grid& grid,
                                       const TuningConfig& config);

/// Trains tuning_points, selected by the best validation bound; returns them, the best first:
/// is_better. What was trained before is not trained again: a search that was stopped goes on to
/// the same result. A point whose numbers leave the finite fails, and the others go on: the next
/// best takes its place among those that do. If all points failed, so has the first. Errors as
/// run_training.
std::vector<TuningPoint> tune(std::vector<TuningPoint> points, const TuningConfig& config,
                              TuningObserver& observer, const std::function<bool()>& stop);

}  // namespace spvae
