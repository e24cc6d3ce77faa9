// What the files of the boundary share: checked arguments, and what an environment owns. Only addon.cc and
// addon_archive.cc include this.
//
// Every view is checked for kind, exact length and detachment; shared memory is refused, since another thread could
// change a message between the two times it is hashed; and outputs that overlap inputs are refused for the same
// reason (a nonce must never serve two messages).
#ifndef TRACEVAR_BOUNDARY_H
#define TRACEVAR_BOUNDARY_H

#include <napi.h>

#include <bit>
#include <cstdio>

#include "archive_jobs.h"
#include "core/key_table.h"
#include "core/seal.h"
#include "kernels/kernel.h"

namespace tracevar {

constexpr size_t kBatchItemsMax = 65536;  // batchItemsMax of src/limits.ts

inline Bytes as_bytes(std::span<const uint32_t> numbers) noexcept {
  return {reinterpret_cast<const uint8_t*>(numbers.data()), numbers.size_bytes()};
}

// The arguments of one call. After the first refusal a JavaScript exception is pending, every further reader returns
// an empty view without looking, and ok() is false.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) noexcept : env_(info.Env()), info_(info) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }

  // A Uint8Array (or Buffer) of any length.
  [[nodiscard]] std::span<uint8_t> bytes(size_t index, const char* name) noexcept {
    size_t length = 0;
    void* data = view(index, name, napi_uint8_array, "Uint8Array", &length);
    return {static_cast<uint8_t*>(data), length};
  }

  // A Uint8Array of `length` bytes.
  [[nodiscard]] std::span<uint8_t> bytes(size_t index, const char* name, size_t length) noexcept {
    return bytes_either(index, name, length, length);
  }

  // A Uint8Array of one or the other length.
  [[nodiscard]] std::span<uint8_t> bytes_either(size_t index, const char* name, size_t one, size_t other) noexcept {
    const std::span<uint8_t> span = bytes(index, name);
    if (!ok_) return {};
    if (span.size() == one || span.size() == other) return span;
    if (one == other) {
      refuse_range("%s: expected %zu bytes, got %zu", name, one, span.size());
    } else {
      refuse_range("%s: expected %zu or %zu bytes, got %zu", name, one, other, span.size());
    }
    return {};
  }

  // Arguments `index` (bytes) and `index + 1` (offsets): n + 1 rising offsets from 0 to the number of bytes, n at most
  // kBatchItemsMax.
  [[nodiscard]] Batch batch(size_t index) noexcept {
    const Bytes all = bytes(index, "bytes");
    size_t count = 0;
    const auto* offsets =
        static_cast<const uint32_t*>(view(index + 1, "offsets", napi_uint32_array, "Uint32Array", &count));
    if (!ok_) return {};
    if (count == 0) {
      refuse_range("offsets: expected at least 1 entry, got 0");
      return {};
    }
    if (count > kBatchItemsMax + 1) {
      refuse_range("offsets: expected at most %zu entries, got %zu", kBatchItemsMax + 1, count);
      return {};
    }
    for (size_t i = 0; i < count; i++) {
      if (i == 0 ? offsets[0] != 0 : offsets[i] < offsets[i - 1]) {
        refuse_range("offsets: entry %zu is out of order", i);
        return {};
      }
    }
    if (offsets[count - 1] != all.size()) {
      refuse_range("offsets: last entry is %zu, bytes has %zu", static_cast<size_t>(offsets[count - 1]), all.size());
      return {};
    }
    return {all, {offsets, count}};
  }

  // A set of key usages, one bit for each; a key without any is allowed, and signs nothing.
  [[nodiscard]] uint32_t usages(size_t index, const char* name) noexcept {
    constexpr uint32_t kEnd = 1u << kUsageCount;
    double number = 0;
    if (!ok_) return 0;
    if (napi_get_value_double(env_, value(index), &number) != napi_ok) {
      refuse_kind("%s: expected a number", name);
      return 0;
    }
    for (uint32_t usages = 0; usages < kEnd; usages++) {
      if (number == static_cast<double>(usages)) return usages;
    }
    refuse_range("%s: expected an integer from 0 to %zu", name, static_cast<size_t>(kEnd - 1));
    return 0;
  }

  // Exactly one usage.
  [[nodiscard]] uint32_t usage(size_t index) noexcept {
    const uint32_t set = usages(index, "usage");
    if (ok_ && !std::has_single_bit(set)) refuse_range("usage: expected one usage");
    return set;
  }

  // A Uint32Array of `length` entries.
  [[nodiscard]] std::span<const uint32_t> numbers(size_t index, const char* name, size_t length) noexcept {
    size_t got = 0;
    const auto* data = static_cast<const uint32_t*>(view(index, name, napi_uint32_array, "Uint32Array", &got));
    if (ok_ && got != length) refuse_range("%s: expected %zu entries, got %zu", name, length, got);
    return ok_ ? std::span<const uint32_t>{data, got} : std::span<const uint32_t>{};
  }

  // Refuses an output that shares bytes with an input.
  void disjoint(Bytes output, const char* name, Bytes input, const char* input_name) noexcept {
    if (!ok_ || output.empty() || input.empty()) return;
    const auto out = reinterpret_cast<uintptr_t>(output.data()), in = reinterpret_cast<uintptr_t>(input.data());
    if (out < in + input.size() && in < out + output.size()) refuse_range("%s: overlaps %s", name, input_name);
  }
  void disjoint(Bytes output, const char* name, const Batch& batch) noexcept {
    if (!ok_) return;
    disjoint(output, name, batch.bytes, "bytes");
    disjoint(output, name, as_bytes(batch.offsets), "offsets");
  }

  void refuse_range(const char* format, auto... values) noexcept {
    ok_ = false;
    char text[160];
    (void)std::snprintf(text, sizeof text, format, values...);
    (void)napi_throw_range_error(env_, nullptr, text);
  }

 private:
  [[nodiscard]] napi_value value(size_t index) const noexcept { return info_[index]; }

  void refuse_kind(const char* format, auto... values) noexcept {
    ok_ = false;
    char text[160];
    (void)std::snprintf(text, sizeof text, format, values...);
    (void)napi_throw_type_error(env_, nullptr, text);
  }

  // Start and element count of a typed array of this kind, or null and a pending exception. (An empty array may have
  // a null start too.)
  [[nodiscard]] void* view(size_t index, const char* name, napi_typedarray_type kind, const char* kind_name,
                           size_t* length) noexcept {
    if (!ok_) return nullptr;
    napi_typedarray_type got;
    void* data = nullptr;
    napi_value buffer;
    if (napi_get_typedarray_info(env_, value(index), &got, length, &data, &buffer, nullptr) != napi_ok ||
        got != kind) {
      *length = 0;
      refuse_kind("%s: expected %s", name, kind_name);
      return nullptr;
    }
    bool is_array_buffer = false, is_detached = false;
    (void)napi_is_arraybuffer(env_, buffer, &is_array_buffer);  // false for a SharedArrayBuffer
    if (is_array_buffer) (void)napi_is_detached_arraybuffer(env_, buffer, &is_detached);
    if (!is_array_buffer || is_detached) {
      *length = 0;
      refuse_kind(is_detached ? "%s: the buffer is detached" : "%s: shared memory is refused", name);
      return nullptr;
    }
    return data;
  }

  Napi::Env env_;
  const Napi::CallbackInfo& info_;
  bool ok_ = true;
};

// What one environment (main thread or worker) has: the keys that it opened, which close with it; its tables; and
// what its jobs work with.
struct Instance {
  KeyOwner keys;
  TableCache tables;
  SealScratch scratch;
  ArchiveJobs archive;
};

inline Instance& instance(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Instance>(); }

// addon_archive.cc: confirmLines(context, block): Promise; see NativeAddon in src/crypto/native-backend.ts.
Napi::Value confirm_lines(const Napi::CallbackInfo& info);

}  // namespace tracevar

#endif
