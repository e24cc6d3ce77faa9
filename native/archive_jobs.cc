#include "archive_jobs.h"

#include <new>

namespace tracevar {

struct ArchiveJobs::Pool {
  size_t holders = 1;
  ArchiveScratch* free[kArchiveJobsMax] = {};
  size_t free_count = 0;
  size_t taken = 0;
};

ArchiveJobs::Place ArchiveJobs::take() noexcept {
  if (pool_ == nullptr) pool_ = new (std::nothrow) Pool();
  if (pool_ == nullptr || pool_->taken == kArchiveJobsMax) return {nullptr, nullptr};
  Pool& pool = *pool_;
  ArchiveScratch* const scratch =
      pool.free_count > 0 ? pool.free[--pool.free_count] : new (std::nothrow) ArchiveScratch();
  if (scratch == nullptr) return {nullptr, nullptr};
  pool.taken++;
  pool.holders++;
  return {pool_, scratch};
}

void ArchiveJobs::give_back(const Place& place) noexcept {
  if (place.pool == nullptr) return;
  place.pool->free[place.pool->free_count++] = place.scratch;
  place.pool->taken--;
  release(place.pool);
}

void ArchiveJobs::release(Pool* pool) noexcept {
  if (--pool->holders > 0) return;
  for (size_t i = 0; i < pool->free_count; i++) delete pool->free[i];
  delete pool;
}

}  // namespace tracevar
