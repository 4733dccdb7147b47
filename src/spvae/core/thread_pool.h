#pragma once

#include <functional>
#include <memory>

namespace spvae {

/// A fixed team of threads that runs numbered tasks. Results must not depend on which thread runs
/// a task: each task writes places of its own.
class ThreadPool {
 public:
  /// threads ≥ 1, the calling thread included; 0 means one for each processor this process may use.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  /// Calls body(task, thread) once for each task in [0, tasks), thread in [0, threads()), and
  /// returns when all are done; rethrows the first exception. Not reentrant.
  void run(int tasks, const std::function<void(int task, int thread)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spvae
