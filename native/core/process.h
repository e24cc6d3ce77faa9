// What a process may do to itself so that others cannot look into it.
#ifndef TRACEVAR_CORE_PROCESS_H
#define TRACEVAR_CORE_PROCESS_H

namespace tracevar {

// For the whole process, until it executes a program: no core dumps, and no ptrace(2) or /proc/PID/mem by others of the
// same user (PR_SET_DUMPABLE). Programs that it starts are as they would be. 0, or the errno
// (ENOSYS: only Linux has this).
[[nodiscard]] int make_undumpable() noexcept;

[[nodiscard]] bool is_dumpable() noexcept;

}  // namespace tracevar

#endif
