// Ed25519 kernels of x86-64.
#ifndef TRACEVAR_KERNELS_X86_ED25519_H
#define TRACEVAR_KERNELS_X86_ED25519_H

#include "../kernel.h"

namespace tracevar {

extern const Ed25519Kernel kIfmaEd25519;  // kCpuAvx512Ifma
extern const Ed25519Kernel kAvx2Ed25519;  // kCpuAvx2

}  // namespace tracevar

#endif
