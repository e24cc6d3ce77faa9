#include "archive_scan.h"

namespace tracevar {

namespace {

// What is known of a line besides its facts while its members are read.
struct Reading {
  const ArchiveContext& context;
  ArchiveLine& line;
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
  ArchiveLine& line = reading.line;
  const uint8_t* const start = line.start;
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
    if ((member.flags & kMemberUnsigned) != 0) {
      if (line.gap_count == kGapsMax) return nullptr;
      line.gaps[line.gap_count++] = {static_cast<uint32_t>(at - start), static_cast<uint32_t>(end - start)};
    }
    if (static_cast<size_t>(end - start) > kLineBytesMax) return nullptr;
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

bool scan_kind(const ArchiveContext& context, const LineKind& kind, const uint8_t* at, ArchiveLine* line) noexcept {
  line->start = at;
  line->is_call = line->is_blocked = line->is_untagged = false;
  line->call_id = {};
  line->gap_count = 0;
  Reading reading{context, *line};
  const uint8_t* const end = read_members(reading, kind, at);
  if (end == nullptr || end[0] != '}' || end[1] != '\n') return false;
  line->size = static_cast<uint32_t>(end + 1 - at);
  return line->size >= kLineBytesMin && line->size <= kLineBytesMax && is_consistent(reading);
}

}  // namespace

bool scan_line(const ArchiveContext& context, const uint8_t* at, size_t* kind, ArchiveLine* line) noexcept {
  for (size_t i = 0; i < context.kind_count; i++) {
    const size_t guess = (*kind + i) % context.kind_count;
    if (!scan_kind(context, context.kinds[guess], at, line)) continue;
    *kind = guess;
    return true;
  }
  return false;
}

size_t copy_signed(const ArchiveLine& line, uint8_t* out) noexcept {
  uint8_t* to = out;
  uint32_t from = 0;
  for (size_t i = 0; i < line.gap_count; i++) {
    std::memcpy(to, line.start + from, line.gaps[i].start - from);
    to += line.gaps[i].start - from;
    from = line.gaps[i].end;
  }
  std::memcpy(to, line.start + from, line.size - from);
  to += line.size - from;
  out[0] = '{';  // a comma where the first member was left out
  return static_cast<size_t>(to - out);
}

}  // namespace tracevar
