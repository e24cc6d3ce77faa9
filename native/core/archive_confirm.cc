#include "archive_confirm.h"

#include "ed25519.h"
#include "kernel_choice.h"

namespace tracevar {

namespace {

constexpr uint32_t kUseOwn = 0, kUseOwnUntagged = 1, kUseOutcomeOf = 2;  // USES of src/verify/id-log.ts

uint32_t big_endian(const uint8_t* at) noexcept {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

bool is_hex_of(const uint8_t* hex, const uint8_t hash[32]) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < 32; i++) {
    if (hex[2 * i] != kDigits[hash[i] >> 4] || hex[2 * i + 1] != kDigits[hash[i] & 15]) return false;
  }
  return true;
}

uint8_t hex_value(uint8_t digit) noexcept {
  return static_cast<uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

// Goes through a block, as many lines at a time as the lanes take.
class Confirmation {
 public:
  Confirmation(ArchiveScratch& scratch, Bytes block, ArchiveResult* result) noexcept
      : s_(scratch), result_(*result), at_(block.data()), end_(block.data() + block.size()) {}

  void run() noexcept {
    while (!stopped_ && at_ < end_) {
      size_t n = gather();
      n = linked(n);
      n = verified(n);
      for (size_t i = 0; i < n; i++) accept(i);
      log_ids(n);
    }
  }

 private:
  // Reads the next lines, as far as they are plain and follow each other.
  size_t gather() noexcept {
    size_t n = 0;
    size_t size = 0, payload_size = 0;
    while (n < ArchiveScratch::kLines && at_ < end_ && size + kLineBytesMax <= ArchiveScratch::kBytes) {
      ArchiveLine& line = s_.lines[n];
      if (!scan_line(s_.context, at_, &kind_, &line, &s_.slices) || !follows(line)) {
        stopped_ = true;
        break;
      }
      payload_size += write_canonical(line, s_.slices, true, s_.payload + payload_size);
      s_.payload_ends[n] = static_cast<uint32_t>(payload_size);
      s_.offsets[n++] = static_cast<uint32_t>(size);
      size += write_canonical(line, s_.slices, false, s_.text + size);
      at_ += line.size + 1;
    }
    s_.offsets[n] = static_cast<uint32_t>(size);
    return n;
  }

  // The number is the next one, and the time not far before the latest one.
  bool follows(const ArchiveLine& line) noexcept {
    if (has_last_ && line.sequence_number != last_number_ + 1) return false;
    if (has_last_ && latest_ms_ - line.issued_at_ms > int64_t{s_.context.time_regression_ms}) return false;
    latest_ms_ = has_last_ && latest_ms_ > line.issued_at_ms ? latest_ms_ : line.issued_at_ms;
    last_number_ = line.sequence_number;
    has_last_ = true;
    return true;
  }

  // How many of n lines, from the first, name the hash of the line before.
  size_t linked(size_t n) noexcept {
    active_kernel().sha256_many({{s_.text, s_.offsets[n]}, {s_.offsets, n + 1}}, s_.hashes);
    for (size_t i = 0; i < n; i++) {
      const uint8_t* const before = i > 0 ? s_.hashes + 32 * (i - 1) : result_.head;
      if ((i > 0 || result_.count > 0) && !is_hex_of(s_.lines[i].previous, before)) return stop(i);
    }
    return n;
  }

  // How many of n lines, from the first, are signed.
  size_t verified(size_t n) noexcept {
    VerifyItem items[ArchiveScratch::kLines];
    uint8_t verdicts[ArchiveScratch::kLines];
    for (size_t i = 0; i < n; i++) {
      const uint32_t start = i > 0 ? s_.payload_ends[i - 1] : 0;
      items[i] = {s_.context.public_key, s_.lines[i].signature, {s_.payload + start, s_.payload_ends[i] - start}};
    }
    verify_batch(s_.tables, items, n, verdicts);
    for (size_t i = 0; i < n; i++) {
      if (verdicts[i] != 1) return stop(i);
    }
    return n;
  }

  size_t stop(size_t n) noexcept {
    stopped_ = true;
    return n;
  }

  void accept(size_t i) noexcept {
    const ArchiveLine& line = s_.lines[i];
    ArchiveResult& r = result_;
    if (r.count == 0) {
      r.first_number = line.sequence_number;
      r.earliest_ms = r.latest_ms = line.issued_at_ms;
      for (size_t j = 0; j < 32; j++) {
        r.previous[j] = static_cast<uint8_t>(hex_value(line.previous[2 * j]) << 4 | hex_value(line.previous[2 * j + 1]));
      }
    }
    const uint8_t* const hash = s_.hashes + 32 * i;
    r.hashes[2 * r.count] = big_endian(hash);
    r.hashes[2 * r.count + 1] = big_endian(hash + 4);
    r.count++;
    r.bytes += line.size + 1;
    r.last_number = line.sequence_number;
    std::memcpy(r.head, hash, 32);
    if (line.issued_at_ms < r.earliest_ms) r.earliest_ms = line.issued_at_ms;
    if (line.issued_at_ms > r.latest_ms) r.latest_ms = line.issued_at_ms;
    r.last_ms = line.issued_at_ms;
    if (line.is_call) r.calls++;
    if (line.is_call && line.is_blocked) r.blocked++;
  }

  // The ids of n lines, hashed. Outcomes count only after the first untagged call.
  void log_ids(size_t n) noexcept {
    uint32_t uses[2 * ArchiveScratch::kLines];
    size_t count = 0;
    size_t size = 0;
    const auto add = [&](Bytes id, uint32_t use) {
      std::memcpy(s_.id_text + size, id.data(), id.size());
      uses[count] = use;
      s_.offsets[count++] = static_cast<uint32_t>(size);
      size += id.size();
    };
    for (size_t i = 0; i < n; i++) {
      const ArchiveLine& line = s_.lines[i];
      result_.has_untagged = result_.has_untagged || line.is_untagged;
      add(line.own_id, line.is_untagged ? kUseOwnUntagged : kUseOwn);
      const bool is_logged = s_.context.log_outcomes || result_.has_untagged;
      if (line.call_id.data() != nullptr && is_logged) add(line.call_id, kUseOutcomeOf);
    }
    s_.offsets[count] = static_cast<uint32_t>(size);
    active_kernel().sha256_many({{s_.id_text, size}, {s_.offsets, count + 1}}, s_.id_hashes);
    for (size_t i = 0; i < count; i++) {
      const uint8_t* const hash = s_.id_hashes + 32 * i;
      result_.words[result_.word_count++] = big_endian(hash);
      result_.words[result_.word_count++] = (big_endian(hash + 4) & ~uint32_t{3}) | uses[i];
    }
  }

  ArchiveScratch& s_;
  ArchiveResult& result_;
  const uint8_t* at_;
  const uint8_t* const end_;
  size_t kind_ = 0;
  bool stopped_ = false;
  bool has_last_ = false;
  int64_t last_number_ = 0;
  int64_t latest_ms_ = 0;
};

}  // namespace

void confirm_archive(ArchiveScratch& scratch, Bytes block, ArchiveResult* result) noexcept {
  Confirmation(scratch, block, result).run();
}

}  // namespace tracevar
