// bench_worker: measures this library on request. Reads one JSON object a line on standard input,
// answers one JSON object a line on standard output; {"error": …} where it cannot. Every request
// has "task"; those about a model have "model" (keys of a run's config, "height" and "width" as
// well) and "threads", and may have "skip_rows": false and "warm_steps" (300), the training steps
// that are done before the first measurement.
//   describe   compiler, version, target, targets
//   roof       "target", "threads", "double" (false): flops per second
//   prepare    makes the model, trains warm_steps; parameters, flops of its leaves
//   step       "count" training steps: seconds of each
//   parts      medians over "count" steps of each part of a step
//   evaluate   "images", "samples": seconds
//   structure  "count": seconds to build structure, circuit and parameters, each time
//   drop       forgets all models and images

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "flops.h"
#include "fma_roof.h"
#include "spvae/core/version.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/fused_engine.h"
#include "spvae/query/log_likelihood.h"
#include "step_parts.h"
#include "stopwatch.h"
#include "subject.h"

namespace spvae::bench {
namespace {

Json describe() {
  return {{"compiler", "g++ " __VERSION__},
          {"version", version()},
          {"target", kernels::table().target},
          {"fused_multiply_add", kernels::table().fused_multiply_add},
          {"targets", kernels::supported_targets()}};
}

Json roof(const Json& request) {
  const MultiplyAdds function = multiply_adds(request.at("target").get<std::string>().c_str(),
                                              request.value("double", false));
  ThreadPool pool(request.at("threads").get<int>());
  constexpr std::int64_t kRounds = 2'000'000;
  const auto run = [&] {
    double operations = 0;
    pool.run(pool.threads(), [&](int task, int) {
      const double done = function(kRounds);
      if (task == 0) operations = done * pool.threads();
    });
    return operations;
  };
  run();
  Stopwatch watch;
  const double operations = run();
  return {{"flops_per_second", operations / watch.lap()}};
}

Json structure(const Json& request) {
  const RunConfig config = subject_config(request.at("model"));
  Json seconds = Json::array();
  for (int i = 0; i < request.at("count").get<int>(); ++i) {
    Stopwatch watch;
    const Spvae model(config.model);
    seconds.push_back(watch.lap());
  }
  return {{"seconds", seconds}};
}

Json step(const Json& request, Subject& subject) {
  Json seconds = Json::array();
  Stopwatch watch;
  for (int i = 0; i < request.at("count").get<int>(); ++i) {
    subject.trainer.step();
    seconds.push_back(watch.lap());
  }
  return {{"seconds", seconds}};
}

Json parts(const Json& request, Subject& subject) {
  return step_parts(subject, request.at("count").get<int>());
}

Json evaluate(const Json& request, Subject& subject) {
  const ImageSet images = first_images(subject.images, request.at("images").get<int>());
  Stopwatch watch;
  const auto scores = log_likelihood(subject.model, images, request.at("samples").get<int>(),
                                     {0, 0, Purpose::kEvaluation}, *subject.engine, subject.pool);
  const double seconds = watch.lap();
  return {{"seconds", seconds}, {"log_likelihood", summarise(scores).log_likelihood}};
}

Json prepare(const Json&, Subject& subject) {
  const LeafFlops flops = leaf_flops(subject.model.leaves());
  return {{"parameters", subject.model.parameters().size()},
          {"sum_weights", subject.model.circuit().sum_weights()},
          {"batch", subject.config.train.batch},
          {"samples", subject.config.train.samples},
          {"flops",
           {{"encode", flops.encode},
            {"decode", flops.decode},
            {"encode_gradient", flops.encode_gradient},
            {"decode_gradient", flops.decode_gradient}}}};
}

/// Subjects and images, kept until they are asked for again or dropped.
class Subjects {
 public:
  Subject& find(const Json& request) {
    Json given = request.at("model");
    given["threads"] = request.at("threads");
    const bool skip_rows = request.value("skip_rows", true);
    std::unique_ptr<Subject>& subject = subjects_[given.dump() + (skip_rows ? "" : " all rows")];
    if (subject) return *subject;
    const RunConfig config = subject_config(given);
    subject = std::make_unique<Subject>(config, images(config), skip_rows ? kNegligibleRow : -1.0f);
    const int warm_steps = request.value("warm_steps", 300);
    for (int i = 0; i < warm_steps; ++i) subject->trainer.step();
    return *subject;
  }

  void drop() {
    subjects_.clear();
    images_.clear();
  }

 private:
  const ImageSet& images(const RunConfig& config) {
    ImageSet& images =
        images_[{data_config(config).values, config.model.height, config.model.width}];
    if (images.count() == 0) {
      ThreadPool pool(config.threads);
      images = subject_images(config, pool);
    }
    return images;
  }

  std::map<std::string, std::unique_ptr<Subject>> subjects_;
  std::map<std::tuple<int, int, int>, ImageSet> images_;
};

Json answer(const Json& request, Subjects& subjects) {
  const auto task = request.at("task").get<std::string>();
  if (task == "describe") return describe();
  if (task == "roof") return roof(request);
  if (task == "structure") return structure(request);
  if (task == "drop") {
    subjects.drop();
    return Json::object();
  }
  static const std::map<std::string, Json (*)(const Json&, Subject&)> table = {
      {"prepare", prepare}, {"step", step}, {"parts", parts}, {"evaluate", evaluate}};
  const auto found = table.find(task);
  if (found == table.end()) return {{"error", "unknown task " + task}};
  return found->second(request, subjects.find(request));
}

}  // namespace
}  // namespace spvae::bench

int main() {
  spvae::bench::Subjects subjects;
  for (std::string line; std::getline(std::cin, line);) {
    spvae::Json result;
    try {
      result = spvae::bench::answer(spvae::Json::parse(line), subjects);
    } catch (const std::exception& error) {
      result = {{"error", error.what()}};
    }
    std::cout << result.dump() << '\n' << std::flush;  // the reader waits for it
  }
}
