// Confirms the plain lines at the start of a piece of an archive: those for which the TypeScript verifier would have
// nothing to say. What follows the first line that is not plain is left to TypeScript, which alone speaks findings.
#ifndef TRACEVAR_CORE_ARCHIVE_CONFIRM_H
#define TRACEVAR_CORE_ARCHIVE_CONFIRM_H

#include "archive_scan.h"
#include "status.h"
#include "table_cache.h"

namespace tracevar {

constexpr size_t kBlockBytesMax = 16 * 1024 * 1024;

// What one thread needs, whatever it is working on.
struct ArchiveScratch {
  static constexpr size_t kLines = kLaneItemsMax;
  static constexpr size_t kBytes = 256 * 1024;

  TableCache tables;
  ArchiveContext context;
  ArchiveLine lines[kLines];
  LineSlices slices;                     // of the line that was read last
  uint8_t text[kBytes + kCopyBytes];     // complete receipts
  uint8_t payload[kBytes + kCopyBytes];  // what their signatures cover
  uint32_t payload_ends[kLines];
  uint32_t offsets[2 * kLines + 1];
  uint8_t hashes[32 * kLines];
  uint8_t id_text[kBytes];
  uint8_t id_hashes[32 * 2 * kLines];
};

// What is known of the lines that were confirmed.
struct ArchiveResult {
  size_t count;
  size_t bytes;  // with line feeds
  int64_t first_number, last_number;
  uint8_t previous[32];  // the hash that the first line names
  uint8_t head[32];      // the hash of the last line
  int64_t earliest_ms, latest_ms, last_ms;
  uint32_t calls, blocked;
  bool has_untagged;
  uint32_t* words;  // of their ids: pairs of high and low halves, as src/verify/id-log.ts has them
  size_t word_count;
  uint32_t* hashes;  // the first 64 bits of each line's hash, high and low half
};

// Halves of words that the ids of a block can take, and halves of hashes.
constexpr size_t id_words_max(size_t block_bytes) noexcept { return 4 * (block_bytes / kLineBytesMin + 1); }
constexpr size_t hash_words_max(size_t block_bytes) noexcept { return 2 * (block_bytes / kLineBytesMin + 1); }

// `block`: whole lines, of which the last ends with a line feed; readable kTextPadBytes beyond its end. The caller has
// read the context of the scratch, and set `words` and `hashes` of the result to room for id_words_max and
// hash_words_max; the rest of the result is zero.
void confirm_archive(ArchiveScratch& scratch, Bytes block, ArchiveResult* result) noexcept;

}  // namespace tracevar

#endif
