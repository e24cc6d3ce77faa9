// Where jobs of several threads run. A thread that is woken may be put on the processor of the thread that wakes it while
// others are idle, and stay there for longer than its job takes: kernels do that where they know of no shared cache, as
// in many virtual machines.
#ifndef TRACEVAR_CORE_SPREAD_H
#define TRACEVAR_CORE_SPREAD_H

#include <cstdint>

namespace tracevar {

// While it lives, this thread runs a job. Its start moves the thread to a processor with fewer jobs, if there is one
// among those that the thread may use, best one that is not `waker`'s; where the thread goes from there is up to the
// kernel. Linux only; elsewhere it does nothing.
class SpreadJob {
 public:
  explicit SpreadJob(int waker) noexcept;
  ~SpreadJob() noexcept;
  SpreadJob(const SpreadJob&) = delete;
  SpreadJob& operator=(const SpreadJob&) = delete;

 private:
  int processor_;
};

// The processor of this thread; -1: unknown.
[[nodiscard]] int current_processor() noexcept;

}  // namespace tracevar

#endif
