// The only list of kernels: best first. `portable` needs nothing and is last.
#include "dispatch.h"

#include <cstring>

#include "arm/hash.h"
#include "cpu.h"
#include "portable/portable.h"
#include "portable/sha256.h"
#include "portable/sha512_ct.h"
#include "x86/ed25519.h"
#include "x86/hash.h"

namespace tracevar {

namespace {

constexpr Kernel kKernels[] = {
#if defined(__x86_64__)
    {.name = "ifma8",
     .needs = kCpuShaNi | kCpuAvx2 | kCpuAvx512 | kCpuAvx512Ifma,
     .sha256_many = x86::sha256_many_avx512,
     .sha512_ct = x86::sha512_avx512_ct,
     .ed25519 = &kIfmaEd25519},
    {.name = "avx2x8",
     .needs = kCpuAvx2 | kCpuShaNi,
     .sha256_many = x86::sha256_many_shani,
     .sha512_ct = x86::sha512_avx2_ct,
     .ed25519 = &kAvx2Ed25519},
    {.name = "avx2",
     .needs = kCpuAvx2,
     .sha256_many = portable::sha256_many,
     .sha512_ct = x86::sha512_avx2_ct,
     .ed25519 = &kAvx2Ed25519},
    {.name = "shani",
     .needs = kCpuShaNi,
     .sha256_many = x86::sha256_many_shani,
     .sha512_ct = portable::sha512_ct,
     .ed25519 = &kPortableEd25519},
#elif defined(__aarch64__)
    {.name = "armv8",
     .needs = kCpuArmSha2,
     .sha256_many = arm::sha256_many_armv8,
     .sha512_ct = portable::sha512_ct,
     .ed25519 = &kPortableEd25519},
#endif
    {.name = "portable",
     .needs = 0,
     .sha256_many = portable::sha256_many,
     .sha512_ct = portable::sha512_ct,
     .ed25519 = &kPortableEd25519},
};

}  // namespace

std::span<const Kernel> all_kernels() noexcept { return kKernels; }

bool is_supported(const Kernel& kernel) noexcept { return (kernel.needs & ~cpu_facts()) == 0; }

const Kernel* find_kernel(const char* name) noexcept {
  for (const Kernel& kernel : kKernels) {
    if (is_supported(kernel) && (name == nullptr || std::strcmp(name, kernel.name) == 0)) return &kernel;
  }
  return nullptr;
}

}  // namespace tracevar
