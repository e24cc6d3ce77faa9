#include "archive_context.h"

namespace tracevar {

// Reads little-endian numbers and texts; after a read beyond the end all are zero or empty, and ok() is false.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) noexcept : at_(bytes.data()), left_(bytes.size()) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return ok_ && left_ == 0; }

  [[nodiscard]] const uint8_t* bytes(size_t size) noexcept {
    ok_ = ok_ && size <= left_;
    if (!ok_) return kNothing;
    const uint8_t* const start = at_;
    at_ += size;
    left_ -= size;
    return start;
  }
  [[nodiscard]] uint32_t number(size_t size) noexcept {
    const uint8_t* const start = bytes(size);
    uint32_t value = 0;
    for (size_t i = 0; ok_ && i < size; i++) value |= uint32_t{start[i]} << 8 * i;
    return value;
  }
  // 16 bits of length, then a text of 1 to kTextBytesMax bytes.
  [[nodiscard]] Choice choice() noexcept {
    Choice choice{};
    choice.flag = static_cast<uint8_t>(number(1));
    const uint32_t size = number(2);
    ok_ = ok_ && size > 0 && size <= kTextBytesMax;
    const uint8_t* const text = bytes(size);
    if (ok_) choice.text.set(text, size);
    return choice;
  }

 private:
  static constexpr uint8_t kNothing[1] = {};
  const uint8_t* at_;
  size_t left_;
  bool ok_ = true;
};

namespace {

size_t slot_of(const uint8_t* text, size_t size) noexcept {
  uint32_t hash = 2166136261;  // FNV-1a
  for (size_t i = 0; i < size; i++) hash = (hash ^ text[i]) * 16777619;
  return (hash ^ hash >> 16) % kToolSlots;
}

void set_name(Member* member, const uint8_t* name, size_t size) noexcept {
  std::memset(member->name, 0, sizeof member->name);
  std::memset(member->name_mask, 0, sizeof member->name_mask);
  std::memcpy(member->name, name, size);
  std::memset(member->name_mask, 0xff, size);
  member->name_size = static_cast<uint32_t>(size);
}

}  // namespace

bool ArchiveContext::read(Bytes bytes) noexcept {
  Cursor cursor(bytes);
  choice_count_ = 0;
  public_key = cursor.bytes(32);
  log_outcomes = cursor.number(1) == 1;
  id_bytes_max = cursor.number(2);
  time_regression_ms = cursor.number(4);
  kind_count = cursor.number(1);
  if (!cursor.ok() || kind_count == 0 || kind_count > kKindsMax) return false;
  for (size_t i = 0; i < kind_count; i++) {
    if (!read_kind(cursor, &kinds[i])) return false;
  }
  return read_tools(cursor) && cursor.at_end();
}

bool ArchiveContext::read_kind(Cursor& cursor, LineKind* kind) noexcept {
  kind->count = cursor.number(1);
  if (kind->count == 0 || kind->count > kMembersMax) return false;
  uint32_t seen = 0;
  uint64_t ranks = 0;
  for (size_t i = 0; i < kind->count; i++) {
    Member& member = kind->members[i];
    const uint32_t rule = cursor.number(1);
    const uint32_t rank = cursor.number(1);
    member.flags = static_cast<uint8_t>(cursor.number(1));
    const uint32_t name_size = cursor.number(1);
    const uint8_t* const name = cursor.bytes(name_size);
    member.choice_count = static_cast<uint8_t>(cursor.number(1));
    member.choices = choices_ + choice_count_;
    if (!cursor.ok() || rule >= kMemberRules || name_size == 0 || name_size > 8 * kNameWords) return false;
    if (choice_count_ + member.choice_count > kChoicesMax) return false;
    if (rank >= kind->count || (ranks >> rank & 1) != 0) return false;
    ranks |= uint64_t{1} << rank;
    member.rank = static_cast<uint8_t>(rank);
    kind->by_rank[rank] = static_cast<uint8_t>(i);
    member.rule = static_cast<MemberRule>(rule);
    set_name(&member, name, name_size);
    for (size_t j = 0; j < member.choice_count; j++) choices_[choice_count_++] = cursor.choice();
    if (member.rule == MemberRule::kSignature && member.choice_count != 1) return false;
    if ((member.flags & (kMemberOptional | kMemberNullable)) == 0) seen |= 1u << rule;
  }
  // What every line must have so that there is something to check.
  for (const MemberRule rule :
       {MemberRule::kTime, MemberRule::kSequence, MemberRule::kPrevious, MemberRule::kOwnId, MemberRule::kSignature}) {
    if ((seen >> static_cast<uint8_t>(rule) & 1) == 0) return false;
  }
  return cursor.ok();
}

bool ArchiveContext::read_tools(Cursor& cursor) noexcept {
  const size_t count = cursor.number(2);
  if (!cursor.ok() || count > kToolsMax) return false;
  std::memset(tool_slots_, 0, sizeof tool_slots_);
  for (size_t i = 0; i < count; i++) {
    tools_[i] = cursor.choice();
    if (!cursor.ok()) return false;
    size_t slot = slot_of(tools_[i].text.bytes, tools_[i].text.size);
    while (tool_slots_[slot] != 0) slot = (slot + 1) % kToolSlots;
    tool_slots_[slot] = static_cast<uint16_t>(i + 1);
  }
  return true;
}

const Choice* ArchiveContext::find_tool(const uint8_t* text, size_t size) const noexcept {
  if (size > kTextBytesMax) return nullptr;
  for (size_t slot = slot_of(text, size); tool_slots_[slot] != 0; slot = (slot + 1) % kToolSlots) {
    const Choice& tool = tools_[tool_slots_[slot] - 1];
    if (tool.text.size == size && std::memcmp(tool.text.bytes, text, size) == 0) return &tool;
  }
  return nullptr;
}

}  // namespace tracevar
