// Two core functions that tests stand before, by the linker's --wrap (CMakeLists.txt): what calls them in another object
// calls wrapped_* instead, and real_* is the function itself. So code is tested as it is shipped, without hooks.
#ifndef TRACEVAR_TEST_WRAPPED_H
#define TRACEVAR_TEST_WRAPPED_H

#include "../core/equations.h"
#include "../core/random.h"

#define TRACEVAR_CHECK_EQUATIONS "_ZN8tracevar15check_equationsERNS_10TableCacheEPKNS_10VerifyItemEPKhmPh"
#define TRACEVAR_RANDOM_BYTES "_ZN8tracevar12random_bytesESt4spanIhLm18446744073709551615EE"

namespace tracevar::test {

// Every secret and blind exists before the call; signatures, made, are checked in it.
void real_check(TableCache& tables, const VerifyItem* items, const uint8_t* points, size_t n,
                uint8_t* verdicts) noexcept __asm__("__real_" TRACEVAR_CHECK_EQUATIONS);
void wrapped_check(TableCache& tables, const VerifyItem* items, const uint8_t* points, size_t n,
                   uint8_t* verdicts) noexcept __asm__("__wrap_" TRACEVAR_CHECK_EQUATIONS);

Status real_random_bytes(std::span<uint8_t> out) noexcept __asm__("__real_" TRACEVAR_RANDOM_BYTES);
Status wrapped_random_bytes(std::span<uint8_t> out) noexcept __asm__("__wrap_" TRACEVAR_RANDOM_BYTES);

}  // namespace tracevar::test

#endif
