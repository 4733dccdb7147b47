#include "spvae/train/trainer.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>

#include "spvae/core/error.h"
#include "spvae/model/data_units.h"
#include "spvae/model/finite.h"

namespace spvae {
namespace {

/// The images, once they are known to fit the model.
const ImageSet& checked(const ImageSet& images, const Spvae& model) {
  check_images(images, model.config());
  return images;
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
      objective_(model, config.samples, engine, pool),
      shuffle_(static_cast<std::uint32_t>(training_images.count()),
               static_cast<std::uint32_t>(config.batch), config.seed),
      adam_({config.beta1, config.beta2, config.epsilon}, model.parameters().size()),
      best_parameters_(model.parameters().size()),
      gradient_(model.parameters().size()) {}

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
  done(StepPart::kFiniteCheck);
  adam_.ascend(number, learning_rate(), gradient_, model_.parameters(), pool_);
  done(StepPart::kAdam);
  progress_.step = number;
  progress_.bound_sum += bound;
  ++progress_.bound_count;
  return bound;
}

bool Trainer::gradient_is_finite() const {
  constexpr std::size_t kChunk = 16384;
  const std::size_t size = gradient_.size();
  std::atomic<bool> finite = true;
  pool_.run(static_cast<int>((size + kChunk - 1) / kChunk), [&](int chunk, int) {
    const std::size_t begin = static_cast<std::size_t>(chunk) * kChunk;
    const std::span<const float> all(gradient_);
    if (!all_finite(all.subspan(begin, std::min(kChunk, size - begin)))) finite = false;
  });
  return finite;
}

double Trainer::learning_rate() const {
  if (config_.learning_rate_decay == LearningRateDecay::kNone) return config_.learning_rate;
  return config_.learning_rate * static_cast<double>(config_.max_steps - progress_.step) /
         config_.max_steps;
}

bool Trainer::check_due() const {
  return progress_.bound_count > 0 &&
         (progress_.step % config_.validate_every == 0 || progress_.step == config_.max_steps);
}

Check Trainer::check() {
  assert(progress_.bound_count > 0);
  const NoiseKey noise{config_.seed, 0, Purpose::kValidation};
  Check check{.step = progress_.step,
              .training_bound = progress_.bound_sum / static_cast<double>(progress_.bound_count),
              .validation_bound = mean_bound(model_, validation_images_, config_.validation_samples,
                                             noise, engine_, pool_)};
  if (!std::isfinite(check.validation_bound)) {
    fail(ErrorKind::kNumerical,
         "the validation bound is not finite after step {} with seed {}; a lower learning-rate "
         "than {} may help",
         check.step, config_.seed, config_.learning_rate);
  }
  check.is_best = check.validation_bound > progress_.best_bound;
  if (check.is_best) {
    copy(model_.parameters(), best_parameters_);
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

bool Trainer::finished() const {
  // A check that is still due comes first.
  return !check_due() &&
         (progress_.step >= config_.max_steps || progress_.checks_without_best >= config_.patience);
}

TrainState Trainer::state() {
  return {progress_, model_.parameters(), adam_.first_moment(), adam_.second_moment(),
          best_parameters_};
}

void Trainer::restore(const TrainState& state) {
  progress_ = state.progress;
  copy(state.parameters, model_.parameters());
  copy(state.first_moment, adam_.first_moment());
  copy(state.second_moment, adam_.second_moment());
  copy(state.best_parameters, best_parameters_);
}

void Trainer::restore_best() {
  if (progress_.best_step > 0) copy(best_parameters_, model_.parameters());
}

}  // namespace spvae
