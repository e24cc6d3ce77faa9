// What native code must know of a chain to confirm its plain lines: which members a line of each kind has, and what
// they may hold so that the TypeScript verifier would say nothing. TypeScript makes it (src/verify/confirm-context.ts)
// from the table of receipt kinds and the state of the chain; nothing of VAR is written down twice.
#ifndef TRACEVAR_CORE_ARCHIVE_CONTEXT_H
#define TRACEVAR_CORE_ARCHIVE_CONTEXT_H

#include <cstddef>
#include <cstdint>

#include "../kernels/kernel.h"
#include "archive_text.h"

namespace tracevar {

// What a member holds, and what is remembered of it. The numbers are those of RULES in confirm-context.ts.
enum class MemberRule : uint8_t {
  kChoice,     // one of the given texts
  kString,     // any string
  kInteger,    // an integer
  kHash,       // a digest string
  kTime,       // issued_at
  kSequence,   // sequence_number
  kPrevious,   // prev_receipt_hash
  kOwnId,      // the receipt's id
  kCallId,     // the id of the call whose outcome this is
  kTool,       // the name of a known tool; only on calls
  kDecision,   // one of the texts; flag 1: it blocks the call
  kMoney,      // one of the texts; flag 1: it moves money
  kBefore,     // state_version_before
  kAfter,      // state_version_after: not less than before
  kSignature,  // {"alg":…,"key_id":…,"sig":"…"}: the one text is what comes before the 86 characters
};
constexpr uint8_t kMemberRules = 15;

constexpr uint8_t kMemberOptional = 1;
constexpr uint8_t kMemberNullable = 2;
constexpr uint8_t kMemberUnsigned = 4;

constexpr uint8_t kToolDeclared = 1;        // the manifest allows calls of it
constexpr uint8_t kToolNeedsMoneyTag = 2;   // a call must say money_action: true
constexpr uint8_t kToolUntagged = 4;        // a call that says nothing of money counts as untagged

struct Choice {
  Text text;
  uint8_t flag;
};

constexpr size_t kNameWords = 4;

struct Member {
  uint64_t name[kNameWords], name_mask[kNameWords];  // "name":
  uint32_t name_size;
  uint8_t rank;  // place in canonical JSON
  MemberRule rule;
  uint8_t flags;
  uint8_t choice_count;
  const Choice* choices;
};

constexpr size_t kKindsMax = 2;
constexpr size_t kMembersMax = 64;
constexpr size_t kChoicesMax = 256;
constexpr size_t kToolsMax = 1024;
constexpr size_t kToolSlots = 4 * kToolsMax;

// The members of one kind of receipt, in the order in which its lines have them.
struct LineKind {
  Member members[kMembersMax];
  size_t count;
  uint8_t by_rank[kMembersMax];  // indexes of members, in the order of canonical JSON
};

// Points into the bytes that it was read from.
class ArchiveContext {
 public:
  // False when the bytes are no context.
  [[nodiscard]] bool read(Bytes bytes) noexcept;

  // The tool whose name has this JSON text; null: unknown.
  [[nodiscard]] const Choice* find_tool(const uint8_t* text, size_t size) const noexcept;

  const uint8_t* public_key;
  bool log_outcomes;           // an untagged call came before
  uint32_t id_bytes_max;
  uint32_t time_regression_ms;  // how far a time may lie before the latest one
  LineKind kinds[kKindsMax];
  size_t kind_count;

 private:
  [[nodiscard]] bool read_kind(class Cursor& cursor, LineKind* kind) noexcept;
  [[nodiscard]] bool read_tools(class Cursor& cursor) noexcept;

  Choice choices_[kChoicesMax];
  size_t choice_count_;
  Choice tools_[kToolsMax];
  uint16_t tool_slots_[kToolSlots];  // 1 + index of a tool; 0: free
};

}  // namespace tracevar

#endif
