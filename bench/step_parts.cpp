#include "step_parts.h"

#include <vector>

#include "spvae/core/median.h"
#include "spvae/leaves/importance.h"
#include "stopwatch.h"

namespace spvae::bench {
namespace {

// The arrays between the parts of a step (train/objective.cpp).
class Step {
 public:
  explicit Step(Subject& subject)
      : subject_(subject),
        grad_(subject.model.parameters().size()),
        parameters_(grad_.size()),
        adam_({}, grad_.size()),
        shuffle_(static_cast<std::uint32_t>(subject.images.count()),
                 static_cast<std::uint32_t>(subject.config.train.batch), 0) {}

  StepParts run(std::uint32_t number) {
    Spvae& model = subject_.model;
    ThreadPool& pool = subject_.pool;
    const int samples = subject_.config.train.samples;
    const NoiseKey noise{subject_.config.train.seed, number, Purpose::kTraining};
    StepParts parts;
    Stopwatch watch;

    gather_batch(subject_.images, shuffle_.rows(number), batch_, &pool);
    parts.gather = watch.lap();
    const int leaves = model.circuit().leaves();
    const auto cells = static_cast<std::size_t>(leaves) * static_cast<std::size_t>(batch_.stride);
    const std::size_t rows = cells * static_cast<std::size_t>(samples);
    log_weight_.resize(rows);
    normalised_weight_.resize(rows);
    row_gradient_.resize(rows);
    leaf_elbo_.resize(cells);
    responsibility_.resize(cells);

    watch.lap();
    subject_.engine->log_weights(model.parameters(), batch_, noise, 0, samples, log_weight_);
    parts.leaves_forward = watch.lap();
    importance_weights(log_weight_, leaves, samples, batch_.stride, pool, leaf_elbo_,
                       normalised_weight_);
    parts.importance = watch.lap();
    model.circuit().forward(model.logits(), leaf_elbo_, batch_.stride, pool, trace_);
    model.circuit().backward(trace_, batch_.size, pool, responsibility_,
                             std::span(grad_).last(model.logits().size()));
    parts.circuit = watch.lap();
    row_gradient(responsibility_, normalised_weight_, leaves, samples, batch_.stride,
                 1.0f / static_cast<float>(batch_.size), row_gradient_);
    parts.importance += watch.lap();
    subject_.engine->backward(model.parameters(), batch_, noise, samples, row_gradient_, grad_);
    parts.leaves_backward = watch.lap();
    adam_.ascend(number + 1, 1e-3, grad_, parameters_, pool);
    parts.adam = watch.lap();
    return parts;
  }

 private:
  Subject& subject_;
  ParameterBuffer grad_;
  ParameterBuffer parameters_;  // Adam's, in place of the model's
  Adam adam_;
  Shuffle shuffle_;
  Batch batch_;
  Circuit::Trace trace_;
  AlignedVector<float> log_weight_;
  AlignedVector<float> normalised_weight_;
  AlignedVector<float> row_gradient_;
  AlignedVector<double> leaf_elbo_;
  AlignedVector<double> responsibility_;
};

}  // namespace

StepParts step_parts(Subject& subject, int count) {
  Step step(subject);
  std::vector<StepParts> all;
  all.reserve(static_cast<std::size_t>(count) + 1);
  for (int number = 0; number <= count; ++number) {
    all.push_back(step.run(static_cast<std::uint32_t>(number)));
  }
  all.erase(all.begin());  // the first one allocates
  const auto median_of = [&all](double StepParts::* part) {
    std::vector<double> seconds;
    seconds.reserve(all.size());
    for (const StepParts& parts : all) seconds.push_back(parts.*part);
    return median(seconds);
  };
  return {.gather = median_of(&StepParts::gather),
          .leaves_forward = median_of(&StepParts::leaves_forward),
          .importance = median_of(&StepParts::importance),
          .circuit = median_of(&StepParts::circuit),
          .leaves_backward = median_of(&StepParts::leaves_backward),
          .adam = median_of(&StepParts::adam)};
}

}  // namespace spvae::bench
