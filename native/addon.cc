// The boundary to JavaScript. Only this file, addon_archive.cc (the one call that works in another thread) and
// boundary.h, which they share, include napi. Every call here is synchronous: it checks its
// arguments, writes into buffers of the caller, and returns. Misuse throws TypeError (wrong kind) or RangeError (wrong
// size or range) naming the argument; everything else that can fail returns a Status as a number (status.h).
#include "boundary.h"
#include "core/ed25519.h"
#include "core/kernel_choice.h"
#include "core/process.h"
#include "kernels/cpu.h"
#include "kernels/dispatch.h"

namespace {

using tracevar::Arguments;
using tracevar::as_bytes;
using tracevar::Batch;
using tracevar::Bytes;
using tracevar::instance;
using tracevar::Instance;
using tracevar::KeyOwner;
using tracevar::Status;

constexpr const char* kStatusNames[] = {
#define TRACEVAR_STATUS_NAME(name, text) text,
    TRACEVAR_STATUS_LIST(TRACEVAR_STATUS_NAME)
#undef TRACEVAR_STATUS_NAME
};

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
  exports.Set("confirmLines", Napi::Function::New<tracevar::confirm_lines>(env, "confirmLines"));
  exports.Set("describe", Napi::Function::New<describe>(env, "describe"));
  return exports;
}

}  // namespace

NODE_API_MODULE(tracevar, init)
