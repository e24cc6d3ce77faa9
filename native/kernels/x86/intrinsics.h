// <immintrin.h> without a false alarm: gcc 12 warns that the "undefined" operands of its own 512-bit intrinsics are
// used (gcc bug 105593). Include it before the target pragma of a kernel file.
#ifndef TRACEVAR_KERNELS_X86_INTRINSICS_H
#define TRACEVAR_KERNELS_X86_INTRINSICS_H

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#endif
