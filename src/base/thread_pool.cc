#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace vseal {
namespace {

constexpr int kSpins = 2000;
thread_local bool inside_loop = false;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");  // the instruction; giving the core away would cost a turn each time
#else
  std::this_thread::yield();
#endif
}

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  std::mutex caller_mutex;  // one loop at a time

  // The loop being run; written by the caller while the loop is closed.
  const std::function<void(size_t, size_t)>* body = nullptr;
  size_t count = 0;
  size_t chunk = 1;
  std::atomic<size_t> next{0};

  // A worker joins a loop only while it is open, so the caller never waits for one that slept
  // through it (on a machine whose cores an encoder keeps busy, that wait would be long).
  std::mutex mutex;
  std::condition_variable wake;
  bool open = false;                    // guarded by mutex
  bool stop = false;                    // guarded by mutex
  std::atomic<int> joined{0};           // raised under mutex
  std::atomic<unsigned> generation{0};  // raised under mutex

  void run_chunks() {
    inside_loop = true;
    for (size_t begin = next.fetch_add(chunk); begin < count; begin = next.fetch_add(chunk)) {
      (*body)(begin, std::min(begin + chunk, count));
    }
    inside_loop = false;
  }

  void spin_for_work(unsigned seen) const {
    for (int i = 0; i < kSpins && generation.load(std::memory_order_relaxed) == seen; ++i) relax();
  }

  void work() {
    unsigned seen = 0;
    for (;;) {
      spin_for_work(seen);
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return stop || generation.load() != seen; });
        if (stop) return;
        seen = generation.load();
        if (!open) continue;
        joined.fetch_add(1);
      }
      run_chunks();
      joined.fetch_sub(1, std::memory_order_release);
    }
  }

  void open_loop() {
    {
      std::lock_guard lock(mutex);
      open = true;
      generation.fetch_add(1);
    }
    wake.notify_all();
  }

  void close_loop() {
    {
      std::lock_guard lock(mutex);
      open = false;
    }
    // A worker that an encoder has pushed off its core needs this one to get on.
    for (int i = 0; joined.load(std::memory_order_acquire) != 0; ++i) {
      i < kSpins ? relax() : std::this_thread::yield();
    }
  }
};

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  const int total = threads > 0 ? threads : available_cores();
  for (int i = 1; i < total; ++i) state_->workers.emplace_back([s = state_.get()] { s->work(); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::parallel_for(size_t count, size_t chunk,
                              const std::function<void(size_t, size_t)>& body) {
  if (count == 0) return;
  chunk = std::max<size_t>(chunk, 1);
  if (inside_loop || state_->workers.empty() || count <= chunk) {
    for (size_t begin = 0; begin < count; begin += chunk)
      body(begin, std::min(begin + chunk, count));
    return;
  }
  std::lock_guard one_loop(state_->caller_mutex);
  State& s = *state_;
  s.body = &body;
  s.count = count;
  s.chunk = chunk;
  s.next.store(0);
  s.open_loop();
  s.run_chunks();
  s.close_loop();
}

}  // namespace vseal
