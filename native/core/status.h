// Every way in which a core function can end. The addon returns the number to JavaScript, and describe() lists the
// names in this order; src/crypto/native-backend.ts maps them to error codes, and a test compares the two lists.
#ifndef TRACEVAR_CORE_STATUS_H
#define TRACEVAR_CORE_STATUS_H

#include <cstdint>

// X(enumerator, name in describe())
#define TRACEVAR_STATUS_LIST(X)                                               \
  X(kOk, "OK")                                                                \
  X(kKeyClosed, "KEY_CLOSED")         /* no open key has this token */        \
  X(kKeyUsage, "KEY_USAGE")           /* the key may not sign for this */     \
  X(kKeyTableFull, "KEY_TABLE_FULL")  /* kKeysMax keys are open */            \
  X(kSelfCheck, "SELF_CHECK")         /* a new signature did not verify */    \
  X(kRandomness, "RANDOMNESS")        /* the system gave no random bytes */   \
  X(kMemory, "MEMORY")                /* no memory, or its protection failed */ \
  X(kNoKernel, "NO_KERNEL")           /* this machine has no kernel of this name */

namespace tracevar {

enum class [[nodiscard]] Status : uint32_t {
#define TRACEVAR_STATUS_ENUM(name, text) name,
  TRACEVAR_STATUS_LIST(TRACEVAR_STATUS_ENUM)
#undef TRACEVAR_STATUS_ENUM
};

}  // namespace tracevar

#endif
