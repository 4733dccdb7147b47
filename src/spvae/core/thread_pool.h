#pragma once

#include <functional>
#include <memory>

namespace spvae {

/// A fixed team of threads that runs numbered tasks. Results must not depend on which thread runs
/// a task: each task writes places of its own.
class ThreadPool {
 public:
  /// 1 ≤ threads ≤ 1024, the calling thread included; 0 means one for each processor this process
  /// may use. Error (kUsage) for any other number, or if they cannot be started.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  /// Calls body(task, thread) once for each task in [0, tasks), thread in [0, threads()), and
  /// returns when all are done. If tasks throw, no further ones are begun and the exception of the
  /// lowest task that threw is rethrown. One run at a time; a body must not call run. Denormal
  /// numbers are 0 in it.
  void run(int tasks, const std::function<void(int task, int thread)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spvae
