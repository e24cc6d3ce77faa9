// The only list of kernels: best first. `portable` needs nothing and is last.
#include "dispatch.h"

#include <atomic>
#include <cstring>

#include "cpu.h"
#include "portable/portable.h"
#include "portable/sha256.h"
#include "portable/sha512_ct.h"
#include "x86/ed25519.h"

namespace tracevar {

namespace {

constexpr Kernel kKernels[] = {
#if defined(__x86_64__)
    {.name = "avx2x8",
     .needs = kCpuAvx2,
     .sha256_many = portable::sha256_many,
     .sha512_ct = portable::sha512_ct,
     .ed25519 = &kAvx2Ed25519},
#endif
    {.name = "portable",
     .needs = 0,
     .sha256_many = portable::sha256_many,
     .sha512_ct = portable::sha512_ct,
     .ed25519 = &kPortableEd25519},
};

std::atomic<const Kernel*> g_active{nullptr};

}  // namespace

std::span<const Kernel> all_kernels() noexcept { return kKernels; }

bool is_supported(const Kernel& kernel) noexcept { return (kernel.needs & ~cpu_facts()) == 0; }

const Kernel* find_kernel(const char* name) noexcept {
  for (const Kernel& kernel : kKernels) {
    if (is_supported(kernel) && (name == nullptr || std::strcmp(name, kernel.name) == 0)) return &kernel;
  }
  return nullptr;
}

void use_kernel(const Kernel& kernel) noexcept { g_active.store(&kernel, std::memory_order_release); }

const Kernel& active_kernel() noexcept {
  const Kernel* kernel = g_active.load(std::memory_order_acquire);
  if (kernel == nullptr) {
    kernel = find_kernel(nullptr);
    use_kernel(*kernel);
  }
  return *kernel;
}

}  // namespace tracevar
