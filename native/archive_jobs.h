// Memory of the jobs that confirm archives (core/archive_confirm.h), one piece for each job under way. It is kept from
// job to job: the tables of keys in it take longer to make than a job takes.
#ifndef TRACEVAR_ARCHIVE_JOBS_H
#define TRACEVAR_ARCHIVE_JOBS_H

#include <cstdlib>

#include "core/archive_confirm.h"

namespace tracevar {

constexpr size_t kArchiveJobsMax = 64;

// The memory of one job.
class ArchiveWork {
 public:
  ArchiveWork() noexcept = default;
  ~ArchiveWork() noexcept { std::free(memory_); }
  ArchiveWork(const ArchiveWork&) = delete;
  ArchiveWork& operator=(const ArchiveWork&) = delete;

  // Copies both, and makes room for the results; false: there is no memory.
  [[nodiscard]] bool start(Bytes context, Bytes block) noexcept;

  // After start: false when the context is none.
  [[nodiscard]] bool read_context() noexcept { return scratch_.context.read(context_); }

  // After read_context, in any thread: works on the copies.
  void run() noexcept { confirm_archive(scratch_, block_, &result_); }

  [[nodiscard]] const ArchiveResult& result() const noexcept { return result_; }

 private:
  ArchiveScratch scratch_;
  uint8_t* memory_ = nullptr;  // copies and results in one piece
  size_t room_ = 0;
  Bytes context_, block_;
  ArchiveResult result_ = {};
};

// Used by the thread of one environment only; a job in another thread has one piece for itself. A job under way may
// outlive the environment's Instance, so the memory goes with the last of them.
class ArchiveJobs {
 public:
  ArchiveJobs() noexcept = default;
  ~ArchiveJobs() noexcept {
    if (pool_ != nullptr) release(pool_);
  }
  ArchiveJobs(const ArchiveJobs&) = delete;
  ArchiveJobs& operator=(const ArchiveJobs&) = delete;

  struct Pool;
  struct Place {
    Pool* pool;
    ArchiveWork* work;
  };

  // A piece that is free; `work` is null when kArchiveJobsMax are taken, or there is no memory.
  [[nodiscard]] Place take() noexcept;
  static void give_back(const Place& place) noexcept;

 private:
  static void release(Pool* pool) noexcept;
  Pool* pool_ = nullptr;
};

}  // namespace tracevar

#endif
