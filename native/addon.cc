// The boundary to JavaScript, and the only file that includes napi. Every call is synchronous: it checks its
// arguments, writes into buffers of the caller, and returns. Misuse throws TypeError (wrong kind) or RangeError (wrong
// size or range) naming the argument; everything else that can fail returns a Status as a number (status.h).
//
// Every view is checked for kind, exact length and detachment; shared memory is refused, since another thread could
// change a message between the two times it is hashed; and outputs that overlap inputs are refused for the same
// reason (a nonce must never serve two messages).
#include <napi.h>

#include <bit>
#include <cstdio>

#include "core/ed25519.h"
#include "core/kernel_choice.h"
#include "core/key_table.h"
#include "core/process.h"
#include "core/seal.h"
#include "kernels/cpu.h"
#include "kernels/dispatch.h"

namespace {

using tracevar::Batch;
using tracevar::Bytes;
using tracevar::KeyOwner;
using tracevar::Status;

constexpr const char* kStatusNames[] = {
#define TRACEVAR_STATUS_NAME(name, text) text,
    TRACEVAR_STATUS_LIST(TRACEVAR_STATUS_NAME)
#undef TRACEVAR_STATUS_NAME
};

constexpr size_t kBatchItemsMax = 65536;  // batchItemsMax of src/limits.ts

Bytes as_bytes(std::span<const uint32_t> numbers) noexcept {
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
    constexpr uint32_t kEnd = 1u << tracevar::kUsageCount;
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

// What one environment (main thread or worker) has: the keys that it opened, which close with it, and its tables.
struct Instance {
  KeyOwner keys;
  tracevar::TableCache tables;
  tracevar::SealScratch scratch;
};

Instance& instance(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Instance>(); }
KeyOwner& key_owner(const Napi::CallbackInfo& info) { return instance(info).keys; }

Napi::Value as_number(const Napi::CallbackInfo& info, Status status) {
  return Napi::Number::New(info.Env(), static_cast<double>(status));
}

// hashMany(bytes, offsets, out)
template <size_t kDigestBytes>
void hash_many(const Napi::CallbackInfo& info, void (*hash)(const Batch&, uint8_t*) noexcept) {
  Arguments arguments(info);
  const Batch batch = arguments.batch(0);
  if (!arguments.ok()) return;
  const std::span<uint8_t> out = arguments.bytes(2, "out", kDigestBytes * batch.count());
  arguments.disjoint(out, "out", batch);
  if (arguments.ok()) hash(batch, out.data());
}

void sha256_many(const Napi::CallbackInfo& info) { hash_many<32>(info, tracevar::active_kernel().sha256_many); }

void sha512_batch(const Batch& batch, uint8_t* out) noexcept {
  tracevar::HashItem items[tracevar::kLaneItemsMax];
  for (size_t done = 0; done < batch.count();) {
    size_t n = 0;
    while (n < tracevar::kLaneItemsMax && done + n < batch.count()) {
      items[n] = {nullptr, 0, batch.item(done + n)};
      n++;
    }
    tracevar::active_kernel().sha512_ct(items, n, out + 64 * done);
    done += n;
  }
}

void sha512_many(const Napi::CallbackInfo& info) { hash_many<64>(info, sha512_batch); }

// signMany(tokens, usage, bytes, offsets, out): Status
Napi::Value sign_many(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const uint32_t usage = arguments.usage(1);
  const Batch batch = arguments.batch(2);
  if (!arguments.ok()) return {};
  const std::span<uint8_t> tokens =
      arguments.bytes_either(0, "tokens", tracevar::kTokenBytes, tracevar::kTokenBytes * batch.count());
  const std::span<uint8_t> out = arguments.bytes(4, "out", tracevar::kSignatureBytes * batch.count());
  arguments.disjoint(out, "out", batch);
  arguments.disjoint(out, "out", tokens, "tokens");
  if (!arguments.ok()) return {};
  return as_number(info, tracevar::sign_many(instance(info).tables, tokens, usage, batch, out));
}

// sealMany(tokens, usage, bytes, offsets, places, digests): Status. Writes into `bytes`, too.
Napi::Value seal_many(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const uint32_t usage = arguments.usage(1);
  const Batch batch = arguments.batch(2);
  const std::span<uint8_t> bytes = arguments.bytes(2, "bytes");
  if (!arguments.ok()) return {};
  const size_t n = batch.count();
  const Bytes tokens = arguments.bytes_either(0, "tokens", tracevar::kTokenBytes, tracevar::kTokenBytes * n);
  const std::span<const uint32_t> places = arguments.numbers(4, "places", tracevar::kPlacesPerItem * n);
  const std::span<uint8_t> digests = arguments.bytes(5, "digests", tracevar::kDigestTextBytes * n);
  arguments.disjoint(bytes, "bytes", tokens, "tokens");
  arguments.disjoint(bytes, "bytes", as_bytes(batch.offsets), "offsets");
  arguments.disjoint(bytes, "bytes", as_bytes(places), "places");
  arguments.disjoint(digests, "digests", batch);
  arguments.disjoint(digests, "digests", tokens, "tokens");
  arguments.disjoint(digests, "digests", as_bytes(places), "places");
  if (!arguments.ok()) return {};
  const tracevar::SealBatch seal = {bytes, batch.offsets, places};
  if (const size_t bad = tracevar::first_misplaced(seal); bad != n) {
    arguments.refuse_range("places: those of item %zu are not in it, or out of order", bad);
    return {};
  }
  return as_number(info, tracevar::seal_many(instance(info).tables, instance(info).scratch, tokens, usage, seal, digests));
}

// verifyMany(publicKeys, signatures, bytes, offsets, out)
void verify_many(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Batch batch = arguments.batch(2);
  if (!arguments.ok()) return;
  const size_t n = batch.count();
  const Bytes keys =
      arguments.bytes_either(0, "publicKeys", tracevar::kPublicKeyBytes, tracevar::kPublicKeyBytes * n);
  const Bytes signatures = arguments.bytes(1, "signatures", tracevar::kSignatureBytes * n);
  const std::span<uint8_t> out = arguments.bytes(4, "out", n);
  arguments.disjoint(out, "out", batch);
  arguments.disjoint(out, "out", keys, "publicKeys");
  arguments.disjoint(out, "out", signatures, "signatures");
  if (!arguments.ok()) return;
  const size_t key_step = keys.size() == n * tracevar::kPublicKeyBytes ? tracevar::kPublicKeyBytes : 0;
  tracevar::VerifyItem items[tracevar::kLaneItemsMax];
  for (size_t done = 0; done < n;) {
    size_t count = 0;
    for (; count < tracevar::kLaneItemsMax && done + count < n; count++) {
      const size_t i = done + count;
      items[count] = {keys.data() + key_step * i, signatures.data() + tracevar::kSignatureBytes * i, batch.item(i)};
    }
    tracevar::verify_batch(instance(info).tables, items, count, out.data() + done);
    done += count;
  }
}

// generateKey(usages, token, publicKey): Status
Napi::Value generate_key(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const uint32_t usages = arguments.usages(0, "usages");
  const std::span<uint8_t> token = arguments.bytes(1, "token", tracevar::kTokenBytes);
  const std::span<uint8_t> public_key = arguments.bytes(2, "publicKey", tracevar::kPublicKeyBytes);
  if (!arguments.ok()) return {};
  return as_number(info, key_owner(info).generate(usages, token.first<tracevar::kTokenBytes>(),
                                                  public_key.first<tracevar::kPublicKeyBytes>()));
}

// importSeed(seed, usages, token, publicKey): Status
Napi::Value import_seed(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes seed = arguments.bytes(0, "seed", tracevar::kSeedBytes);
  const uint32_t usages = arguments.usages(1, "usages");
  const std::span<uint8_t> token = arguments.bytes(2, "token", tracevar::kTokenBytes);
  const std::span<uint8_t> public_key = arguments.bytes(3, "publicKey", tracevar::kPublicKeyBytes);
  if (!arguments.ok()) return {};
  return as_number(info, key_owner(info).import_seed(seed.first<tracevar::kSeedBytes>(), usages,
                                                     token.first<tracevar::kTokenBytes>(),
                                                     public_key.first<tracevar::kPublicKeyBytes>()));
}

// addRef(token): Status
Napi::Value add_ref(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes token = arguments.bytes(0, "token", tracevar::kTokenBytes);
  if (!arguments.ok()) return {};
  return as_number(info, key_owner(info).add_ref(token.first<tracevar::kTokenBytes>()));
}

// closeKey(token): Status
Napi::Value close_key(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes token = arguments.bytes(0, "token", tracevar::kTokenBytes);
  if (!arguments.ok()) return {};
  return as_number(info, key_owner(info).close(token.first<tracevar::kTokenBytes>()));
}

// hardenProcess(): 0, or the errno
Napi::Value harden_process(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), tracevar::make_undumpable());
}

// Names of tracevar::VaultKind, in its order.
constexpr const char* kSecretMemoryNames[] = {"none", "memfd_secret", "mlock", "unlocked"};

// describe(): see NativeDescription in src/crypto/native-backend.ts
Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array statuses = Napi::Array::New(env);
  for (const char* name : kStatusNames) statuses.Set(statuses.Length(), name);
  Napi::Array kernels = Napi::Array::New(env);
  for (const tracevar::Kernel& kernel : tracevar::all_kernels()) {
    if (tracevar::is_supported(kernel)) kernels.Set(kernels.Length(), kernel.name);
  }
  Napi::Array cpu = Napi::Array::New(env);
  for (unsigned bit = 0; tracevar::cpu_fact_name(bit) != nullptr; bit++) {
    if ((tracevar::cpu_facts() >> bit & 1) != 0) cpu.Set(cpu.Length(), tracevar::cpu_fact_name(bit));
  }
  const tracevar::KeyTableFacts facts = tracevar::key_table_facts();
  Napi::Object result = Napi::Object::New(env);
  result.Set("kernel", tracevar::active_kernel().name);
  result.Set("signingKernel", tracevar::signing_kernel().name);
  result.Set("kernels", kernels);
  result.Set("cpu", cpu);
  result.Set("statuses", statuses);
  result.Set("keysMax", static_cast<double>(tracevar::kKeysMax));
  result.Set("keysOpen", static_cast<double>(facts.open_count));
  result.Set("secretMemory", kSecretMemoryNames[static_cast<size_t>(facts.vault.kind)]);
  result.Set("secretMemoryError", static_cast<double>(facts.vault.secret_error));
  result.Set("lockError", static_cast<double>(facts.vault.lock_error));
  result.Set("dumpable", tracevar::is_dumpable());
  return result;
}

// useKernel(name), useSigningKernel(name): Status. core/kernel_choice.h
template <Status (*kChoose)(const char*) noexcept>
Napi::Value choose(const Napi::CallbackInfo& info) {
  char name[32];
  size_t length = 0;
  if (napi_get_value_string_latin1(info.Env(), info[0], name, sizeof name, &length) != napi_ok) {
    (void)napi_throw_type_error(info.Env(), nullptr, "name: expected a string");
    return {};
  }
  return as_number(info, kChoose(name));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Instance());  // deleted with the environment: its keys close
  exports.Set("useKernel", Napi::Function::New<choose<tracevar::choose_kernel>>(env, "useKernel"));
  exports.Set("useSigningKernel",
              Napi::Function::New<choose<tracevar::choose_signing_kernel>>(env, "useSigningKernel"));
  exports.Set("sha256Many", Napi::Function::New<sha256_many>(env, "sha256Many"));
  exports.Set("sha512Many", Napi::Function::New<sha512_many>(env, "sha512Many"));
  exports.Set("signMany", Napi::Function::New<sign_many>(env, "signMany"));
  exports.Set("sealMany", Napi::Function::New<seal_many>(env, "sealMany"));
  exports.Set("verifyMany", Napi::Function::New<verify_many>(env, "verifyMany"));
  exports.Set("generateKey", Napi::Function::New<generate_key>(env, "generateKey"));
  exports.Set("importSeed", Napi::Function::New<import_seed>(env, "importSeed"));
  exports.Set("addRef", Napi::Function::New<add_ref>(env, "addRef"));
  exports.Set("closeKey", Napi::Function::New<close_key>(env, "closeKey"));
  exports.Set("hardenProcess", Napi::Function::New<harden_process>(env, "hardenProcess"));
  exports.Set("describe", Napi::Function::New<describe>(env, "describe"));
  return exports;
}

}  // namespace

NODE_API_MODULE(tracevar, init)
