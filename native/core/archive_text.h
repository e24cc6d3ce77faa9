// Reads canonical JSON values (RFC 8785) inside a line of an archive. Each function takes the first byte of a value
// and returns the byte after it, or null when the text is not canonical, or in a spelling that is left to TypeScript.
//
// Every line ends with a line feed, which no value contains: whatever does not look for an end stops there. Buffers
// are readable kTextPadBytes beyond the last line feed.
#ifndef TRACEVAR_CORE_ARCHIVE_TEXT_H
#define TRACEVAR_CORE_ARCHIVE_TEXT_H

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tracevar {

constexpr size_t kTextBytesMax = 1024;  // of a text that is compared
constexpr size_t kTextPadBytes = kTextBytesMax + 64;
constexpr size_t kHexDigits = 64;        // of a SHA-256
constexpr size_t kSignatureChars = 86;  // of 64 bytes in base64url

// A text to compare with.
struct Text {
  const uint8_t* bytes;
  uint32_t size;
  uint64_t head, mask;  // the first 8 bytes, and which of them there are

  void set(const uint8_t* from, uint32_t length) noexcept {
    bytes = from;
    size = length;
    head = 0;
    mask = length >= 8 ? ~uint64_t{0} : 0;
    std::memcpy(&head, from, length < 8 ? length : 8);
    if (length < 8) std::memset(&mask, 0xff, length);
  }

  [[nodiscard]] bool matches(const uint8_t* at) const noexcept {
    uint64_t first;
    std::memcpy(&first, at, 8);
    if (((first ^ head) & mask) != 0) return false;
    return size <= 8 || std::memcmp(at + 8, bytes + 8, size - 8) == 0;
  }
};

// A string; escapes and UTF-8 are checked.
[[nodiscard]] const uint8_t* read_string(const uint8_t* at) noexcept;

// A string without escapes, of at most bytes_max bytes between the quotes.
[[nodiscard]] const uint8_t* read_plain_string(const uint8_t* at, size_t bytes_max) noexcept;

// An integer of at most 15 digits.
[[nodiscard]] const uint8_t* read_integer(const uint8_t* at, int64_t* value) noexcept;

// "sha256:" and 64 lower-case hex digits.
[[nodiscard]] const uint8_t* read_hash(const uint8_t* at) noexcept;

// RFC 3339 in UTC with at most nine digits of a second; milliseconds since 1970, what lies below is cut off.
[[nodiscard]] const uint8_t* read_time(const uint8_t* at, int64_t* milliseconds) noexcept;

// 86 characters of base64url without quotes, unused bits zero.
[[nodiscard]] const uint8_t* read_signature(const uint8_t* at, uint8_t out[64]) noexcept;

}  // namespace tracevar

#endif
