// The one call that works in another thread: confirmLines. Both buffers are copied first, so that whatever JavaScript
// does with them meanwhile changes nothing.
#include <cstdlib>

#include "boundary.h"

namespace tracevar {

namespace {

constexpr size_t kContextBytesMax = 2 * 1024 * 1024;

// The copied block, the copied context, and room for the results, in one allocation.
struct JobMemory {
  explicit JobMemory(Bytes context_from, Bytes block_from) noexcept {
    const size_t block_room = (block_from.size() + kTextPadBytes + 7) & ~size_t{7};
    const size_t words_room = sizeof(uint32_t) * id_words_max(block_from.size());
    const size_t hashes_room = sizeof(uint32_t) * hash_words_max(block_from.size());
    start = static_cast<uint8_t*>(std::malloc(block_room + words_room + hashes_room + context_from.size()));
    if (start == nullptr) return;
    std::memcpy(start, block_from.data(), block_from.size());
    std::memset(start + block_from.size(), 0, block_room - block_from.size());
    block = {start, block_from.size()};
    result.words = reinterpret_cast<uint32_t*>(start + block_room);
    result.hashes = reinterpret_cast<uint32_t*>(start + block_room + words_room);
    uint8_t* const context_to = start + block_room + words_room + hashes_room;
    std::memcpy(context_to, context_from.data(), context_from.size());
    context = {context_to, context_from.size()};
  }
  ~JobMemory() noexcept { std::free(start); }
  JobMemory(const JobMemory&) = delete;
  JobMemory& operator=(const JobMemory&) = delete;

  uint8_t* start = nullptr;
  Bytes block, context;
  ArchiveResult result = {};
};

Napi::Value bytes_of(Napi::Env env, const void* bytes, size_t size) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, size);
  std::memcpy(array.Data(), bytes, size);
  return array;
}

Napi::Value words_of(Napi::Env env, const uint32_t* words, size_t count) {
  Napi::Uint32Array array = Napi::Uint32Array::New(env, count);
  std::memcpy(array.Data(), words, sizeof(uint32_t) * count);
  return array;
}

class ConfirmJob final : public Napi::AsyncWorker {
 public:
  ConfirmJob(Napi::Env env, const ArchiveJobs::Place& place, Bytes context, Bytes block) noexcept
      : Napi::AsyncWorker(env, "tracevar.confirmLines"),
        deferred(Napi::Promise::Deferred::New(env)),
        memory_(context, block),
        place_(place) {}
  ~ConfirmJob() override { ArchiveJobs::give_back(place_); }

  [[nodiscard]] bool has_memory() const noexcept { return memory_.start != nullptr; }

  const Napi::Promise::Deferred deferred;

 protected:
  void Execute() override {
    is_context_ = confirm_archive(*place_.scratch, memory_.context, memory_.block, &memory_.result);
  }

  void OnOK() override {
    const Napi::Env env = Env();
    if (!is_context_) {
      deferred.Reject(Napi::RangeError::New(env, "context: cannot be read").Value());
      return;
    }
    const ArchiveResult& result = memory_.result;
    const auto number = [](auto value) { return static_cast<double>(value); };
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("count", number(result.count));
    answer.Set("bytes", number(result.bytes));
    answer.Set("firstNumber", number(result.first_number));
    answer.Set("lastNumber", number(result.last_number));
    answer.Set("previous", bytes_of(env, result.previous, sizeof result.previous));
    answer.Set("head", bytes_of(env, result.head, sizeof result.head));
    answer.Set("earliestMs", number(result.earliest_ms));
    answer.Set("latestMs", number(result.latest_ms));
    answer.Set("lastMs", number(result.last_ms));
    answer.Set("calls", number(result.calls));
    answer.Set("blocked", number(result.blocked));
    answer.Set("hasUntagged", result.has_untagged);
    answer.Set("idWords", words_of(env, result.words, result.word_count));
    answer.Set("hashWords", words_of(env, result.hashes, 2 * result.count));
    deferred.Resolve(answer);
  }

 private:
  JobMemory memory_;
  const ArchiveJobs::Place place_;
  bool is_context_ = false;
};

}  // namespace

Napi::Value confirm_lines(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes context = arguments.bytes(0, "context");
  const Bytes block = arguments.bytes(1, "block");
  if (arguments.ok() && context.size() > kContextBytesMax)
    arguments.refuse_range("context: expected at most %zu bytes, got %zu", kContextBytesMax, context.size());
  if (arguments.ok() && (block.empty() || block.size() > kBlockBytesMax))
    arguments.refuse_range("block: expected 1 to %zu bytes, got %zu", kBlockBytesMax, block.size());
  if (arguments.ok() && block.back() != '\n') arguments.refuse_range("block: the last byte is no line feed");
  if (!arguments.ok()) return {};
  const ArchiveJobs::Place place = instance(info).archive.take();
  if (place.scratch == nullptr) {
    arguments.refuse_range("block: no memory, or more than %zu jobs at once", kArchiveJobsMax);
    return {};
  }
  auto* const job = new ConfirmJob(info.Env(), place, context, block);
  if (!job->has_memory()) {
    delete job;
    arguments.refuse_range("block: no memory for a copy");
    return {};
  }
  job->Queue();
  return job->deferred.Promise();
}

}  // namespace tracevar
