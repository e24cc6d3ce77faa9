// Two core functions that tests stand before, by the linker's --wrap (CMakeLists.txt): what calls them in another object
// calls wrapped_* instead, and real_* is the function itself. So code is tested as it is shipped, without hooks.
#ifndef TRACEVAR_TEST_WRAPPED_H
#define TRACEVAR_TEST_WRAPPED_H

#include "../core/own_signatures.h"
#include "../core/random.h"

#define TRACEVAR_CHECK_OWN "_ZN8tracevar9check_ownERNS_10TableCacheEPKNS_8SignItemEPKhm"
#define TRACEVAR_BLIND_BYTES "_ZN8tracevar11blind_bytesESt4spanIhLm18446744073709551615EE"

namespace tracevar::test {

// Every secret and blind exists before the call; signatures, made, are checked in it.
Status real_check(TableCache& tables, const SignItem* items, const uint8_t* points, size_t n) noexcept
    __asm__("__real_" TRACEVAR_CHECK_OWN);
Status wrapped_check(TableCache& tables, const SignItem* items, const uint8_t* points, size_t n) noexcept
    __asm__("__wrap_" TRACEVAR_CHECK_OWN);

Status real_blind_bytes(std::span<uint8_t> out) noexcept __asm__("__real_" TRACEVAR_BLIND_BYTES);
Status wrapped_blind_bytes(std::span<uint8_t> out) noexcept __asm__("__wrap_" TRACEVAR_BLIND_BYTES);

}  // namespace tracevar::test

#endif
