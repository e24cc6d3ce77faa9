// The one call that works in another thread: confirmLines. Both buffers are copied first, so that whatever JavaScript
// does with them meanwhile changes nothing.
#include "boundary.h"
#include "core/spread.h"

namespace tracevar {

namespace {

constexpr size_t kContextBytesMax = 2 * 1024 * 1024;

// A typed array with these contents; empty when the environment is ending, which makes no more of them.
template <typename Array, typename Element>
Napi::Value copied(Napi::Env env, const Element* elements, size_t count) {
  Array array = Array::New(env, count);
  if (array.IsEmpty() || array.ElementLength() != count) return {};
  if (count > 0) std::memcpy(array.Data(), elements, sizeof(Element) * count);
  return array;
}

class ConfirmJob final : public Napi::AsyncWorker {
 public:
  // Takes the place over.
  ConfirmJob(Napi::Env env, const ArchiveJobs::Place& place) noexcept
      : Napi::AsyncWorker(env, "tracevar.confirmLines"), deferred(Napi::Promise::Deferred::New(env)), place_(place), waker_(current_processor()) {}
  ~ConfirmJob() override { ArchiveJobs::give_back(place_); }

  const Napi::Promise::Deferred deferred;

 protected:
  void Execute() override {
    const SpreadJob spread(waker_);
    place_.work->run();
  }

  void OnOK() override {
    const Napi::Env env = Env();
    const ArchiveResult& result = place_.work->result();
    const auto number = [](auto value) { return static_cast<double>(value); };
    Napi::Object answer = Napi::Object::New(env);
    answer.Set("count", number(result.count));
    answer.Set("bytes", number(result.bytes));
    answer.Set("firstNumber", number(result.first_number));
    answer.Set("lastNumber", number(result.last_number));
    answer.Set("previous", copied<Napi::Uint8Array>(env, result.previous, sizeof result.previous));
    answer.Set("head", copied<Napi::Uint8Array>(env, result.head, sizeof result.head));
    answer.Set("earliestMs", number(result.earliest_ms));
    answer.Set("latestMs", number(result.latest_ms));
    answer.Set("lastMs", number(result.last_ms));
    answer.Set("calls", number(result.calls));
    answer.Set("blocked", number(result.blocked));
    answer.Set("hasUntagged", result.has_untagged);
    answer.Set("idWords", copied<Napi::Uint32Array>(env, result.words, result.word_count));
    answer.Set("hashWords", copied<Napi::Uint32Array>(env, result.hashes, 2 * result.count));
    deferred.Resolve(answer);
  }

 private:
  const ArchiveJobs::Place place_;
  const int waker_;
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
  if (place.work == nullptr || !place.work->start(context, block)) {
    ArchiveJobs::give_back(place);
    arguments.refuse_range("block: no memory, or more than %zu jobs at once", kArchiveJobsMax);
    return {};
  }
  if (!place.work->read_context()) {
    ArchiveJobs::give_back(place);
    arguments.refuse_range("context: cannot be read");
    return {};
  }
  auto* const job = new ConfirmJob(info.Env(), place);
  job->Queue();
  return job->deferred.Promise();
}

}  // namespace tracevar
