// What this CPU and its operating system let us use.
#ifndef TRACEVAR_KERNELS_CPU_H
#define TRACEVAR_KERNELS_CPU_H

#include <cstdint>

namespace tracevar {

// Bits of a set of facts.
constexpr uint32_t kCpuShaNi = 1u << 0;       // SHA, SSSE3, SSE4.1
constexpr uint32_t kCpuAvx2 = 1u << 1;        // AVX2, BMI2, FMA; the system saves ymm
constexpr uint32_t kCpuAvx512 = 1u << 2;      // AVX-512 F, DQ, BW, VL; the system saves zmm
constexpr uint32_t kCpuAvx512Ifma = 1u << 3;  // IFMA, VBMI besides kCpuAvx512
constexpr uint32_t kCpuArmSha2 = 1u << 4;     // SHA-256 instructions of ARMv8

// The facts of this machine. Asked of the CPU at every call: call it once.
[[nodiscard]] uint32_t cpu_facts() noexcept;

// Name of one fact, as describe() shows it; null beyond the last.
[[nodiscard]] const char* cpu_fact_name(unsigned bit) noexcept;

}  // namespace tracevar

#endif
