#include "process.h"

#include <errno.h>
#include <sys/prctl.h>

namespace tracevar {

int make_undumpable() noexcept { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno; }

bool is_dumpable() noexcept { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0; }

}  // namespace tracevar
