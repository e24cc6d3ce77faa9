// Memory of the jobs that confirm archives (core/archive_confirm.h), one piece for each job under way. It is kept from
// job to job: the tables of keys in it take longer to make than a job takes.
#ifndef TRACEVAR_ARCHIVE_JOBS_H
#define TRACEVAR_ARCHIVE_JOBS_H

#include "core/archive_confirm.h"

namespace tracevar {

constexpr size_t kArchiveJobsMax = 64;

// Used by the thread of one environment only; a job in another thread has one scratch for itself. A job under way may
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
    ArchiveScratch* scratch;
  };

  // A scratch that is free; `scratch` is null when kArchiveJobsMax are taken, or there is no memory.
  [[nodiscard]] Place take() noexcept;
  static void give_back(const Place& place) noexcept;

 private:
  static void release(Pool* pool) noexcept;
  Pool* pool_ = nullptr;
};

}  // namespace tracevar

#endif
