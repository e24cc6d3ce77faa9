#include "archive_scan.h"

namespace tracevar {

namespace {

// What is known of a line besides its facts while its members are read.
struct Reading {
  const ArchiveContext& context;
  ArchiveLine& line;
  LineSlices& slices;
  const Choice* tool = nullptr;
  bool has_money = false, is_money = false;
  int64_t state_before = 0, state_after = 0;
};

// All words at once: names differ early, and a loop that ends early would be guessed wrongly.
inline bool name_matches(const Member& member, const uint8_t* at) noexcept {
  uint64_t difference = 0;
  for (size_t i = 0; i < kNameWords; i++) {
    uint64_t word;
    std::memcpy(&word, at + 8 * i, 8);
    difference |= (word ^ member.name[i]) & member.name_mask[i];
  }
  return difference == 0;
}

const uint8_t* read_choice(const Member& member, const uint8_t* at, uint8_t* flag) noexcept {
  for (size_t i = 0; i < member.choice_count; i++) {
    const Choice& choice = member.choices[i];
    if (!choice.text.matches(at)) continue;
    *flag = choice.flag;
    return at + choice.text.size;
  }
  return nullptr;
}

const uint8_t* read_id(const Reading& reading, const uint8_t* at, Bytes* id) noexcept {
  const uint8_t* const end = read_plain_string(at, reading.context.id_bytes_max);
  if (end != nullptr) *id = {at + 1, static_cast<size_t>(end - at - 2)};
  return end;
}

const uint8_t* read_tool(Reading& reading, const uint8_t* at) noexcept {
  const uint8_t* const end = read_string(at);
  if (end != nullptr) reading.tool = reading.context.find_tool(at, static_cast<size_t>(end - at));
  reading.line.is_call = true;
  return reading.tool == nullptr ? nullptr : end;
}

const uint8_t* read_block(const Member& member, const uint8_t* at, ArchiveLine& line) noexcept {
  const Text& head = member.choices[0].text;
  if (!head.matches(at)) return nullptr;
  at = read_signature(at + head.size, line.signature);
  return at != nullptr && at[0] == '"' && at[1] == '}' ? at + 2 : nullptr;
}

const uint8_t* read_value(Reading& reading, const Member& member, const uint8_t* at) noexcept {
  ArchiveLine& line = reading.line;
  uint8_t flag = 0;
  int64_t number = 0;
  switch (member.rule) {
    case MemberRule::kChoice:
      return read_choice(member, at, &flag);
    case MemberRule::kString:
      return read_string(at);
    case MemberRule::kInteger:
      return read_integer(at, &number);
    case MemberRule::kHash:
      return read_hash(at);
    case MemberRule::kTime:
      return read_time(at, &line.issued_at_ms);
    case MemberRule::kSequence:
      return read_integer(at, &line.sequence_number);
    case MemberRule::kPrevious:
      line.previous = at + 8;
      return read_hash(at);
    case MemberRule::kOwnId:
      return read_id(reading, at, &line.own_id);
    case MemberRule::kCallId:
      return read_id(reading, at, &line.call_id);
    case MemberRule::kTool:
      return read_tool(reading, at);
    case MemberRule::kDecision:
      at = read_choice(member, at, &flag);
      line.is_blocked = flag == 1;
      return at;
    case MemberRule::kMoney:
      at = read_choice(member, at, &flag);
      reading.has_money = true;
      reading.is_money = flag == 1;
      return at;
    case MemberRule::kBefore:
      return read_integer(at, &reading.state_before);
    case MemberRule::kAfter:
      return read_integer(at, &reading.state_after);
    case MemberRule::kSignature:
      return read_block(member, at, line);
  }
  return nullptr;
}

bool is_null(const uint8_t* at) noexcept { return std::memcmp(at, "null", 4) == 0; }

// The members of a line in their order; null when one is not as it should be, else the byte after the last.
const uint8_t* read_members(Reading& reading, const LineKind& kind, const uint8_t* at) noexcept {
  LineSlices& slices = reading.slices;
  const uint8_t* const start = reading.line.start;
  uint8_t before = '{';
  for (size_t i = 0; i < kind.count; i++) {
    const Member& member = kind.members[i];
    const uint8_t* const value = at + 1 + member.name_size;
    if (*at != before || !name_matches(member, at + 1)) {
      if ((member.flags & kMemberOptional) != 0) continue;
      return nullptr;
    }
    const uint8_t* const end =
        (member.flags & kMemberNullable) != 0 && is_null(value) ? value + 4 : read_value(reading, member, value);
    if (end == nullptr) return nullptr;
    if (static_cast<size_t>(end - start) > kLineBytesMax) return nullptr;
    slices.present |= uint64_t{1} << i;
    slices.start[i] = static_cast<uint32_t>(at + 1 - start);
    slices.end[i] = static_cast<uint32_t>(end - start);
    at = end;
    before = ',';
  }
  return at;
}

// Members that are right each for itself fit together.
bool is_consistent(const Reading& reading) noexcept {
  ArchiveLine& line = reading.line;
  if (reading.state_after < reading.state_before) return false;
  if (!line.is_call) return true;
  const uint8_t flags = reading.tool->flag;
  line.is_untagged = !reading.has_money && (flags & kToolUntagged) != 0;
  if ((flags & kToolNeedsMoneyTag) != 0 && !reading.is_money) return false;
  return line.is_blocked || (flags & kToolDeclared) != 0;
}

bool scan_kind(const ArchiveContext& context, const LineKind& kind, const uint8_t* at, ArchiveLine* line,
               LineSlices* slices) noexcept {
  line->start = at;
  line->is_call = line->is_blocked = line->is_untagged = false;
  line->call_id = {};
  slices->kind = &kind;
  slices->present = 0;
  Reading reading{context, *line, *slices};
  const uint8_t* const end = read_members(reading, kind, at);
  if (end == nullptr || end[0] != '}' || end[1] != '\n') return false;
  line->size = static_cast<uint32_t>(end + 1 - at);
  return line->size >= kLineBytesMin && line->size <= kLineBytesMax && is_consistent(reading);
}

// Copies whole pieces of kCopyBytes: what follows the text is written too, and written over by the next copy.
uint8_t* copy(uint8_t* to, const uint8_t* from, size_t size) noexcept {
  for (size_t i = 0; i < size; i += kCopyBytes) std::memcpy(to + i, from + i, kCopyBytes);
  return to + size;
}

}  // namespace

bool scan_line(const ArchiveContext& context, const uint8_t* at, size_t* kind, ArchiveLine* line,
               LineSlices* slices) noexcept {
  for (size_t i = 0; i < context.kind_count; i++) {
    const size_t guess = (*kind + i) % context.kind_count;
    if (!scan_kind(context, context.kinds[guess], at, line, slices)) continue;
    *kind = guess;
    return true;
  }
  return false;
}

size_t write_canonical(const ArchiveLine& line, const LineSlices& slices, bool only_signed, uint8_t* out) noexcept {
  const LineKind& kind = *slices.kind;
  uint8_t* to = out;
  // Neighbours that are neighbours in the line too are copied at once, with the commas between them.
  uint32_t from = 0, end = 0;
  for (size_t rank = 0; rank < kind.count; rank++) {
    const size_t i = kind.by_rank[rank];
    if ((slices.present >> i & 1) == 0) continue;
    if (only_signed && (kind.members[i].flags & kMemberUnsigned) != 0) continue;
    if (slices.start[i] != end + 1 || end == 0) {
      if (end > 0) to = copy(to, line.start + from, end - from);
      *to++ = end > 0 ? ',' : '{';
      from = slices.start[i];
    }
    end = slices.end[i];
  }
  to = copy(to, line.start + from, end - from);
  *to++ = '}';
  return static_cast<size_t>(to - out);
}

}  // namespace tracevar
