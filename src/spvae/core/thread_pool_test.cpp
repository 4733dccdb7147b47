#include "spvae/core/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "spvae/core/error.h"

namespace spvae {
namespace {

TEST(ThreadPool, RunsEveryTaskOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const int tasks : {0, 1, 2, 3, 7, 64, 1000}) {
      std::vector<int> runs(static_cast<std::size_t>(tasks), 0);
      pool.run(tasks, [&](int task, int thread) {
        EXPECT_GE(thread, 0);
        EXPECT_LT(thread, threads);
        ++runs.at(static_cast<std::size_t>(task));
      });
      EXPECT_EQ(runs, std::vector<int>(static_cast<std::size_t>(tasks), 1));
    }
  }
}

TEST(ThreadPool, FlushesDenormalsInItsTasksAndNowhereElse) {
  const volatile float tiny = 1e-30f;
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::vector<float> products(static_cast<std::size_t>(threads), 1.0f);
    std::latch all(threads);  // so that each thread has a task
    pool.run(threads, [&](int, int thread) {
      products[static_cast<std::size_t>(thread)] = tiny * 1e-10f;
      all.arrive_and_wait();
    });
    EXPECT_EQ(products, std::vector<float>(products.size(), 0.0f));
    EXPECT_GT(tiny * 1e-10f, 0.0f);
  }
}

TEST(ThreadPool, GivesEachThreadAPlaceOfItsOwn) {
  ThreadPool pool(4);
  std::vector<long> sums(4, 0);  // not atomic: ThreadSanitizer sees it if two threads share one
  for (int repetition = 0; repetition < 50; ++repetition) {
    pool.run(200, [&](int task, int thread) { sums[static_cast<std::size_t>(thread)] += task; });
  }
  EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], 50l * 199 * 200 / 2);
}

TEST(ThreadPool, RunsTasksAtTheSameTime) {
  ThreadPool pool(3);
  std::latch all_are_in(3);  // each task waits for the others: a lone thread would hang
  std::vector<int> threads(3, -1);
  pool.run(3, [&](int task, int thread) {
    threads[static_cast<std::size_t>(task)] = thread;
    all_are_in.arrive_and_wait();
  });
  std::ranges::sort(threads);
  EXPECT_EQ(threads, (std::vector<int>{0, 1, 2}));
}

TEST(ThreadPool, ManyShortRunsFollowEachOther) {
  ThreadPool pool(3);
  int value = 0;
  std::vector<int> seen(3);
  for (int run = 0; run < 5000; ++run) {
    value = run;  // written between runs, read inside: visible without a lock
    pool.run(3, [&](int task, int) { seen[static_cast<std::size_t>(task)] = value; });
    ASSERT_EQ(seen, std::vector<int>(3, run));
  }
}

TEST(ThreadPool, WorksAgainAfterItsThreadsHaveFallenAsleep) {
  ThreadPool pool(2);
  for (int repetition = 0; repetition < 3; ++repetition) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::latch both_are_in(2);
    pool.run(2, [&](int, int) { both_are_in.arrive_and_wait(); });
  }
}

TEST(ThreadPool, RethrowsTheExceptionOfTheLowestTask) {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (int repetition = 0; repetition < 200; ++repetition) {
      std::string message;
      try {
        pool.run(100, [](int task, int) {
          if (task >= 5) throw std::runtime_error(std::to_string(task));
        });
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      ASSERT_EQ(message, "5") << threads << " threads";
    }
  }
}

TEST(ThreadPool, BeginsNoFurtherTaskAfterAnException) {
  ThreadPool pool(2);
  std::atomic<int> begun = 0;
  EXPECT_THROW(pool.run(1000000,
                        [&](int, int) {
                          ++begun;
                          throw std::runtime_error("stop");
                        }),
               std::runtime_error);
  EXPECT_LE(begun, 2);

  std::atomic<int> done = 0;
  pool.run(10, [&](int, int) { ++done; });
  EXPECT_EQ(done, 10) << "the pool is not usable after an exception";
}

TEST(ThreadPool, ZeroThreadsMeansTheProcessorsThisProcessMayUse) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(ThreadPool(0).threads(), CPU_COUNT(&before));

  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(ThreadPool(0).threads(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(ThreadPool, RefusesAnAbsurdNumberOfThreads) {
  for (const int threads : {-1, 1000000}) {
    try {
      ThreadPool pool(threads);
      FAIL() << threads << " threads were started";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    }
  }
}

}  // namespace
}  // namespace spvae
