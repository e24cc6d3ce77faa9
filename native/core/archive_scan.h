// Reads one line of an archive: true only for a plain line, in which every member is as the context wants it.
#ifndef TRACEVAR_CORE_ARCHIVE_SCAN_H
#define TRACEVAR_CORE_ARCHIVE_SCAN_H

#include "archive_context.h"

namespace tracevar {

constexpr size_t kLineBytesMax = 32 * 1024;  // longer ones are left to TypeScript
constexpr size_t kLineBytesMin = 256;        // none is shorter: a signature, a hash and the names take more

// Where the members of a line stand, by their index in the kind: offsets of the name and of the end of the value.
struct LineSlices {
  const LineKind* kind;
  uint64_t present;  // bit i: member i
  uint32_t start[kMembersMax], end[kMembersMax];
};

struct ArchiveLine {
  const uint8_t* start;
  uint32_t size;  // without line feed
  bool is_call, is_blocked, is_untagged;
  int64_t sequence_number;
  int64_t issued_at_ms;
  const uint8_t* previous;  // 64 hex digits
  Bytes own_id;             // text without quotes
  Bytes call_id;            // its data is null when the line has none
  uint8_t signature[64];
};

// Reads the line at `at`, which ends with a line feed, as one of the context's kinds. `kind`: the one that is tried
// first; becomes the one that fits.
[[nodiscard]] bool scan_line(const ArchiveContext& context, const uint8_t* at, size_t* kind, ArchiveLine* line,
                             LineSlices* slices) noexcept;

constexpr size_t kCopyBytes = 32;  // copies may write so many bytes too much

// Writes the line's canonical JSON: of all members, or of those that its signature covers. Returns its size, at most
// line.size.
size_t write_canonical(const ArchiveLine& line, const LineSlices& slices, bool only_signed, uint8_t* out) noexcept;

}  // namespace tracevar

#endif
