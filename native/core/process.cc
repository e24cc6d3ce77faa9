#include "process.h"

#include <errno.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace tracevar {

#if defined(__linux__)

int make_undumpable() noexcept { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno; }

bool is_dumpable() noexcept { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0; }

#else

int make_undumpable() noexcept { return ENOSYS; }

bool is_dumpable() noexcept { return true; }

#endif

}  // namespace tracevar
