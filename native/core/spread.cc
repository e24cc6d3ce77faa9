#include "spread.h"

#if defined(__linux__)
#include <sched.h>

#include <atomic>
#endif

namespace tracevar {

#if defined(__linux__)

namespace {

std::atomic<uint16_t> g_jobs[CPU_SETSIZE];  // of this process, by processor

// The processor of `allowed` with the fewest jobs: the one it has, another one, or in the last place the waker's.
int best_processor(const cpu_set_t& allowed, int own, int waker) noexcept {
  int best = -1;
  unsigned best_cost = 0;
  for (int i = 0; i < CPU_SETSIZE; i++) {
    if (!CPU_ISSET(i, &allowed)) continue;
    const unsigned cost = 4u * g_jobs[i].load(std::memory_order_relaxed) + (i == waker ? 2 : 0) + (i == own ? 0 : 1);
    if (best >= 0 && cost >= best_cost) continue;
    best = i;
    best_cost = cost;
  }
  return best;
}

}  // namespace

int current_processor() noexcept { return sched_getcpu(); }

SpreadJob::SpreadJob(int waker) noexcept : processor_(sched_getcpu()) {
  cpu_set_t allowed;
  if (processor_ < 0 || processor_ >= CPU_SETSIZE) {
    processor_ = -1;
    return;
  }
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    const int best = best_processor(allowed, processor_, waker);
    if (best >= 0 && best != processor_) {
      cpu_set_t there;
      CPU_ZERO(&there);
      CPU_SET(best, &there);
      if (sched_setaffinity(0, sizeof there, &there) == 0) {
        (void)sched_setaffinity(0, sizeof allowed, &allowed);
        processor_ = best;
      }
    }
  }
  g_jobs[processor_].fetch_add(1, std::memory_order_relaxed);
}

SpreadJob::~SpreadJob() noexcept {
  if (processor_ >= 0) g_jobs[processor_].fetch_sub(1, std::memory_order_relaxed);
}

#else

int current_processor() noexcept { return -1; }

SpreadJob::SpreadJob(int) noexcept : processor_(-1) {}

SpreadJob::~SpreadJob() noexcept { (void)processor_; }

#endif

}  // namespace tracevar
