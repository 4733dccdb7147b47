#include "spvae/core/thread_pool.h"

#include <sched.h>

#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/flush_denormals.h"

namespace spvae {
namespace {

using TaskBody = std::function<void(int task, int thread)>;

constexpr int kMaxThreads = 1024;

// The serial parts between two parallel ones are mostly shorter than this; sleeping and waking
// would cost more.
constexpr std::chrono::microseconds kSpin{50};

int available_processors() {
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) == 0) return CPU_COUNT(&processors);
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : static_cast<int>(count);
}

// Polls until `ready()` or the spin time is over. Yields, so that a machine with fewer free
// processors than threads is not held up.
template <class Ready>
void spin_until(const Ready& ready) {
  const auto deadline = std::chrono::steady_clock::now() + kSpin;
  while (!ready() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
}

}  // namespace

// A run is opened by the caller, joined by each worker that is awake in time, and closed by the
// caller when no task is left; it is over when all workers that joined have left. A worker that
// wakes up late finds the run closed: nobody waits for it.
struct ThreadPool::State {
  explicit State(int thread_count) {
    try {
      for (int thread = 1; thread < thread_count; ++thread) {
        workers.emplace_back([this, thread] { work(thread); });
      }
    } catch (const std::system_error& error) {
      stop();
      fail(ErrorKind::kUsage, "threads: cannot start {} of them ({}); use fewer", thread_count,
           error.code().message());
    }
  }
  ~State() { stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void run(int tasks, const TaskBody& task_body) {
    {
      const std::lock_guard lock(mutex);
      assert(!open && joined == 0);
      body = &task_body;
      task_count = tasks;
      next_task = 0;
      failed_task = std::numeric_limits<std::int64_t>::max();
      open = true;
      ++generation;
    }
    opened.notify_all();
    take_tasks(0);
    std::unique_lock lock(mutex);
    open = false;
    if (joined != 0) {
      lock.unlock();
      spin_until([this] { return joined == 0; });
      lock.lock();
      left.wait(lock, [this] { return joined == 0; });
    }
    if (exception) std::rethrow_exception(std::exchange(exception, nullptr));
  }

  void work(int thread) {
    const FlushDenormals flush;
    std::uint64_t seen = 0;
    for (;;) {
      spin_until([&] { return generation != seen; });
      std::unique_lock lock(mutex);
      opened.wait(lock, [&] { return generation != seen; });
      if (stopping) return;
      seen = generation;
      if (!open) continue;
      ++joined;
      lock.unlock();
      take_tasks(thread);
      lock.lock();
      if (--joined == 0) left.notify_one();
    }
  }

  // Tasks are taken one by one, because they are uneven. They are taken in order, so when a task
  // throws all before it are taken too: the lowest task that throws is the same in every run.
  void take_tasks(int thread) {
    for (;;) {
      const std::int64_t task = next_task.fetch_add(1, std::memory_order_relaxed);
      if (task >= task_count) return;
      try {
        (*body)(static_cast<int>(task), thread);
      } catch (...) {
        const std::lock_guard lock(mutex);
        next_task = task_count;
        if (task < failed_task) {
          failed_task = task;
          exception = std::current_exception();
        }
      }
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      ++generation;
    }
    opened.notify_all();
    workers.clear();  // joins
  }

  std::mutex mutex;  // guards all below; the atomics are polled outside of it
  std::condition_variable opened;
  std::condition_variable left;
  std::atomic<std::uint64_t> generation = 0;  // counts runs
  std::atomic<int> joined = 0;                // workers inside of the run
  bool open = false;
  bool stopping = false;
  const TaskBody* body = nullptr;
  std::int64_t task_count = 0;
  alignas(64) std::atomic<std::int64_t> next_task = 0;
  std::int64_t failed_task = 0;
  std::exception_ptr exception;
  std::vector<std::jthread> workers;
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 0 || threads > kMaxThreads) {
    fail(ErrorKind::kUsage, "threads: got {}, expected 1 to {}, or 0 for one per processor",
         threads, kMaxThreads);
  }
  state_ = std::make_unique<State>(threads == 0 ? available_processors() : threads);
}

ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::run(int tasks, const std::function<void(int task, int thread)>& body) {
  const FlushDenormals flush;
  if (tasks > 1 && threads() > 1) {
    state_->run(tasks, body);
  } else {
    for (int task = 0; task < tasks; ++task) body(task, 0);
  }
}

}  // namespace spvae
