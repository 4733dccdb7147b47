#include "spvae/train/trainer.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/model/data_units.h"
#include "spvae/model/finite.h"
#include "spvae/train/split_leaves.h"

namespace spvae {
namespace {

/// Floats that one task passes over.
constexpr std::size_t kChunk = 16384;
/// Training images that tell which leaves are in use.
constexpr int kImagesOfUse = 1024;

/// Calls body(chunk, begin, end) for each chunk of `size` floats, on the pool's threads.
template <class Body>
void for_each_chunk(std::size_t size, ThreadPool& pool, const Body& body) {
  pool.run(static_cast<int>((size + kChunk - 1) / kChunk), [&](int chunk, int) {
    const std::size_t begin = index(chunk) * kChunk;
    body(index(chunk), begin, std::min(begin + kChunk, size));
  });
}

/// The images, once they are known to fit the model.
const ImageSet& checked(const ImageSet& images, const Spvae& model) {
  check_images(images, model.config());
  return images;
}

/// What Muon learns.
std::vector<WeightMatrix> matrices_of(const TrainConfig& config, const Spvae& model) {
  if (config.optimizer == Optimizer::kAdam) return {};
  return model.leaves().weight_matrices();
}

/// All else.
std::vector<Adam::Part> adam_parts(const TrainConfig& config, const Spvae& model) {
  std::vector<Adam::Part> parts;
  std::size_t first = 0;
  const auto add_up_to = [&](std::size_t end, double rate) {
    if (first < end) parts.push_back({first, end - first, rate});
  };
  for (const WeightMatrix& matrix : matrices_of(config, model)) {
    add_up_to(matrix.offset, 1);
    first = matrix.offset + matrix.size();
  }
  add_up_to(model.leaves().parameters_end(), 1);
  first = model.leaves().parameters_end();
  add_up_to(model.parameters().size(), config.circuit_rate);
  return parts;
}

void copy(std::span<const float> from, std::span<float> to) {
  assert(from.size() == to.size());
  std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, Spvae& model, const ImageSet& training_images,
                 const ImageSet& validation_images, LeafEngine& engine, ThreadPool& pool)
    : config_(config),
      model_(model),
      training_images_(checked(training_images, model)),
      validation_images_(checked(validation_images, model)),
      engine_(engine),
      pool_(pool),
      objective_(model, {config.samples, config.gradient_estimator, config.thinning}, engine, pool),
      shuffle_(static_cast<std::uint32_t>(training_images.count()),
               static_cast<std::uint32_t>(config.batch), config.seed),
      adam_({config.beta1, config.beta2, config.epsilon}, model.parameters().size(),
            adam_parts(config, model)),
      muon_(matrices_of(config, model), config.weight_decay),
      best_parameters_(model.parameters().size()),
      average_(config.averaging > 0 ? model.parameters().size() : 0),
      gradient_(model.parameters().size()) {
  if (!average_.empty()) copy(model.parameters(), average_);
}

double Trainer::step(const StepObserver& observer) {
  const auto done = [&observer](StepPart part) {
    if (observer) observer(part);
  };
  const NoiseKey noise{config_.seed, static_cast<std::uint32_t>(progress_.step),
                       Purpose::kTraining};
  gather_training_batch(model_, training_images_,
                        shuffle_.rows(static_cast<std::uint64_t>(progress_.step)), batch_, &pool_);
  done(StepPart::kGather);
  const double bound = objective_.value_and_gradient(batch_, noise, gradient_, observer);
  const std::int64_t number = progress_.step + 1;
  if (!std::isfinite(bound) || !gradient_is_finite()) {
    const Columns& columns = model_.config().columns;
    fail(ErrorKind::kNumerical,
         "training met a {} that is not finite at step {} with seed {}; a lower learning-rate than "
         "{}{} may help",
         std::isfinite(bound) ? "gradient" : "bound", number, config_.seed, config_.learning_rate,
         columns.are_none() || columns.are_scaled() ? "" : ", or --standardise,");
  }
  clip_gradient();
  done(StepPart::kFiniteCheck);
  ascend(number);
  done(StepPart::kAdam);
  progress_.step = number;
  split_leaves();
  progress_.bound_sum += bound;
  ++progress_.bound_count;
  return bound;
}

bool Trainer::gradient_is_finite() const {
  const std::span<const float> all(gradient_);
  std::atomic<bool> finite = true;
  for_each_chunk(all.size(), pool_, [&](std::size_t, std::size_t begin, std::size_t end) {
    if (!all_finite(all.subspan(begin, end - begin))) finite = false;
  });
  return finite;
}

void Trainer::clip_gradient() {
  if (config_.clip_norm == 0) return;
  const std::span<const float> all(gradient_);
  std::vector<double> squares((all.size() + kChunk - 1) / kChunk);
  for_each_chunk(all.size(), pool_, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
    const auto part = all.subspan(begin, end - begin);
    squares[chunk] = std::transform_reduce(part.begin(), part.end(), 0.0, std::plus(),
                                           [](float g) { return double{g} * double{g}; });
  });
  const double norm = std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
  if (norm <= config_.clip_norm) return;
  const auto factor = static_cast<float>(config_.clip_norm / norm);
  for_each_chunk(all.size(), pool_, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) gradient_[i] *= factor;
  });
}

void Trainer::ascend(std::int64_t number) {
  const std::span<float> parameters = model_.parameters();
  const double share = learning_rate_share();
  adam_.ascend(number, config_.learning_rate * share, gradient_, parameters, pool_);
  muon_.ascend(config_.matrix_rate * share, gradient_, adam_.first_moment(), parameters, pool_);
  if (average_.empty()) return;
  // Shorter at first, so that the initial parameters are soon forgotten.
  const auto t = static_cast<double>(number);
  const auto weight = static_cast<float>(1 - std::min(config_.averaging, t / (t + 9)));
  for_each_chunk(average_.size(), pool_, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) average_[i] += weight * (parameters[i] - average_[i]);
  });
}

void Trainer::split_leaves() {
  const std::int64_t every = config_.split_every;
  const bool is_due = every > 0 && progress_.step % every == 0 &&
                      10 * progress_.step <= std::int64_t{9} * config_.max_steps &&
                      model_.circuit().k_leaf() > 1;
  if (!is_due) return;
  split_busy_leaves(model_, use_of_leaves(), config_.seed,
                    static_cast<std::uint32_t>(progress_.step), model_.parameters(),
                    {adam_.first_moment(), adam_.second_moment()});
  if (!average_.empty()) copy(model_.parameters(), average_);  // one of other leaves
}

double Trainer::learning_rate_share() const {
  const auto max_steps = static_cast<double>(config_.max_steps);
  const auto step = static_cast<double>(progress_.step);
  double share = 1;
  switch (config_.learning_rate_decay) {
    case LearningRateDecay::kNone:
      break;
    case LearningRateDecay::kLinear:
      share = (max_steps - step) / max_steps;
      break;
    case LearningRateDecay::kCosine:
      share = (1 + std::cos(std::numbers::pi * step / max_steps)) / 2;
      break;
  }
  return config_.warm_up > progress_.step ? share * (step + 1) / config_.warm_up : share;
}

bool Trainer::check_due() const {
  return progress_.bound_count > 0 &&
         (progress_.step % config_.validate_every == 0 || progress_.step == config_.max_steps);
}

Check Trainer::check() {
  assert(progress_.bound_count > 0);
  swap_average();
  const NoiseKey noise{config_.seed, 0, Purpose::kValidation};
  Check check;
  check.step = progress_.step;
  check.training_bound = progress_.bound_sum / static_cast<double>(progress_.bound_count);
  check.validation_bound =
      mean_bound(model_, validation_images_, config_.validation_samples, noise, engine_, pool_);
  check.use = use_of_leaves();
  swap_average();
  if (!std::isfinite(check.validation_bound)) {
    fail(ErrorKind::kNumerical,
         "the validation bound is not finite after step {} with seed {}; a lower learning-rate "
         "than {} may help",
         check.step, config_.seed, config_.learning_rate);
  }
  check.is_best = check.validation_bound > progress_.best_bound;
  if (check.is_best) {
    copy(average_.empty() ? model_.parameters() : std::span<const float>(average_),
         best_parameters_);
    best_use_ = check.use;
    progress_.best_bound = check.validation_bound;
    progress_.best_step = check.step;
    progress_.checks_without_best = 0;
  } else {
    ++progress_.checks_without_best;
  }
  progress_.bound_sum = 0;
  progress_.bound_count = 0;
  return check;
}

void Trainer::swap_average() {
  std::ranges::swap_ranges(average_, model_.parameters().first(average_.size()));
}

bool Trainer::finished() const {
  // A check that is still due comes first.
  return !check_due() &&
         (progress_.step >= config_.max_steps || progress_.checks_without_best >= config_.patience);
}

TrainState Trainer::state() {
  return {
      progress_, model_.parameters(), adam_.first_moment(), adam_.second_moment(), best_parameters_,
      average_};
}

void Trainer::restore(const TrainState& state) {
  progress_ = state.progress;
  copy(state.parameters, model_.parameters());
  copy(state.first_moment, adam_.first_moment());
  copy(state.second_moment, adam_.second_moment());
  copy(state.best_parameters, best_parameters_);
  copy(state.average, average_);
  if (progress_.best_step == 0) return;
  std::ranges::swap_ranges(best_parameters_, model_.parameters());
  best_use_ = use_of_leaves();
  std::ranges::swap_ranges(best_parameters_, model_.parameters());
}

LeafUse Trainer::use_of_leaves() {
  return leaf_use(model_, training_images_, kImagesOfUse, config_.validation_samples,
                  {config_.seed, 0, Purpose::kValidation}, engine_, pool_);
}

void Trainer::restore_best() {
  if (progress_.best_step > 0) copy(best_parameters_, model_.parameters());
}

}  // namespace spvae
