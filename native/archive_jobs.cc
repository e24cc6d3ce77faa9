#include "archive_jobs.h"

#include <new>

namespace tracevar {

bool ArchiveWork::start(Bytes context, Bytes block) noexcept {
  const size_t block_room = (block.size() + kTextPadBytes + 7) & ~size_t{7};
  const size_t words_room = sizeof(uint32_t) * id_words_max(block.size());
  const size_t hashes_room = sizeof(uint32_t) * hash_words_max(block.size());
  const size_t room = block_room + words_room + hashes_room + context.size();
  if (room > room_) {
    std::free(memory_);
    memory_ = static_cast<uint8_t*>(std::malloc(room));
    room_ = memory_ == nullptr ? 0 : room;
  }
  if (memory_ == nullptr) return false;
  uint8_t* const words = memory_ + block_room;
  uint8_t* const context_copy = words + words_room + hashes_room;
  std::memcpy(memory_, block.data(), block.size());
  std::memset(memory_ + block.size(), 0, block_room - block.size());
  std::memcpy(context_copy, context.data(), context.size());
  block_ = {memory_, block.size()};
  context_ = {context_copy, context.size()};
  result_ = {};
  result_.words = reinterpret_cast<uint32_t*>(words);
  result_.hashes = reinterpret_cast<uint32_t*>(words + words_room);
  return true;
}

struct ArchiveJobs::Pool {
  size_t holders = 1;
  ArchiveWork* free[kArchiveJobsMax] = {};
  size_t free_count = 0;
  size_t taken = 0;
};

ArchiveJobs::Place ArchiveJobs::take() noexcept {
  if (pool_ == nullptr) pool_ = new (std::nothrow) Pool();
  if (pool_ == nullptr || pool_->taken == kArchiveJobsMax) return {nullptr, nullptr};
  Pool& pool = *pool_;
  ArchiveWork* const work = pool.free_count > 0 ? pool.free[--pool.free_count] : new (std::nothrow) ArchiveWork();
  if (work == nullptr) return {nullptr, nullptr};
  pool.taken++;
  pool.holders++;
  return {pool_, work};
}

void ArchiveJobs::give_back(const Place& place) noexcept {
  if (place.pool == nullptr) return;
  place.pool->free[place.pool->free_count++] = place.work;
  place.pool->taken--;
  release(place.pool);
}

void ArchiveJobs::release(Pool* pool) noexcept {
  if (--pool->holders > 0) return;
  for (size_t i = 0; i < pool->free_count; i++) delete pool->free[i];
  delete pool;
}

}  // namespace tracevar
