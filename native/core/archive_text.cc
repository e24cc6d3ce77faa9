#include "archive_text.h"

namespace tracevar {

namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

// Not zero when one of eight bytes is a quote, a backslash, a control character or no ASCII.
uint64_t unusual(uint64_t word) noexcept {
  const uint64_t quote = word ^ (kOnes * '"'), backslash = word ^ (kOnes * '\\');
  // A borrow can only mark bytes above one that is marked rightly, and the byte is looked at again.
  return ((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word) & kHighs;
}

const uint8_t* skip_usual(const uint8_t* at) noexcept {
  for (;; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    if (unusual(word) != 0) break;
  }
  while (*at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') at++;
  return at;
}

bool is_tail(uint8_t byte) noexcept { return (byte & 0xc0) == 0x80; }

// One character beyond ASCII (Unicode table 3-7: no overlong form, no surrogate, nothing above U+10FFFF).
const uint8_t* read_character(const uint8_t* at) noexcept {
  const uint8_t lead = at[0];
  if (lead < 0xc2 || lead > 0xf4 || !is_tail(at[1])) return nullptr;
  if (lead < 0xe0) return at + 2;
  if (!is_tail(at[2])) return nullptr;
  if (lead < 0xf0) {
    const bool is_bad = (lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] > 0x9f);
    return is_bad ? nullptr : at + 3;
  }
  const bool is_bad = (lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] > 0x8f);
  return is_bad || !is_tail(at[3]) ? nullptr : at + 4;
}

// One escape, in the only spelling that RFC 8785 3.2.2.2 allows for its character.
const uint8_t* read_escape(const uint8_t* at) noexcept {
  switch (at[1]) {
    case '"':
    case '\\':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return at + 2;
    case 'u':
      break;
    default:
      return nullptr;
  }
  if (at[2] != '0' || at[3] != '0' || (at[4] != '0' && at[4] != '1')) return nullptr;
  const bool is_digit = at[5] >= '0' && at[5] <= '9', is_letter = at[5] >= 'a' && at[5] <= 'f';
  if (!is_digit && !is_letter) return nullptr;
  // \b \t \n \f \r have spellings of their own.
  const bool is_short = at[4] == '0' && (at[5] == '8' || at[5] == '9' || at[5] == 'a' || at[5] == 'c' || at[5] == 'd');
  return is_short ? nullptr : at + 6;
}

// Two digits as a number; 100 or more when they are none.
uint32_t two_digits(const uint8_t* at) noexcept {
  const uint32_t tens = uint32_t{at[0]} - '0', ones = uint32_t{at[1]} - '0';
  return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
}

bool is_leap(uint32_t year) noexcept { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

uint32_t days_in_month(uint32_t year, uint32_t month) noexcept {
  constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

// Days from 1970-01-01 (proleptic Gregorian calendar; years from 0).
int64_t days_before(uint32_t year, uint32_t month, uint32_t day) noexcept {
  const int64_t y = int64_t{year} - (month <= 2 ? 1 : 0);
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (int64_t{month} + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// Values of the base64url alphabet; 0x80 for all other bytes.
struct Base64 {
  uint8_t values[256];

  constexpr Base64() noexcept : values{} {
    constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (uint8_t& value : values) value = 0x80;
    for (uint8_t i = 0; i < 64; i++) values[static_cast<uint8_t>(kAlphabet[i])] = i;
  }
};
constexpr Base64 kBase64;

}  // namespace

const uint8_t* read_string(const uint8_t* at) noexcept {
  if (*at != '"') return nullptr;
  at++;
  for (;;) {
    at = skip_usual(at);
    if (*at == '"') return at + 1;
    if (*at < 0x20) return nullptr;
    at = *at == '\\' ? read_escape(at) : read_character(at);
    if (at == nullptr) return nullptr;
  }
}

const uint8_t* read_plain_string(const uint8_t* at, size_t bytes_max) noexcept {
  if (*at != '"') return nullptr;
  const uint8_t* const start = ++at;
  for (;;) {
    at = skip_usual(at);
    if (*at == '"') break;
    if (*at < 0x80) return nullptr;
    at = read_character(at);
    if (at == nullptr) return nullptr;
  }
  return static_cast<size_t>(at - start) <= bytes_max ? at + 1 : nullptr;
}

const uint8_t* read_integer(const uint8_t* at, int64_t* value) noexcept {
  const bool is_negative = *at == '-';
  if (is_negative) at++;
  const uint8_t* const start = at;
  int64_t number = 0;
  while (*at >= '0' && *at <= '9' && at - start < 16) number = 10 * number + (*at++ - '0');
  const auto digits = at - start;
  if (digits == 0 || digits > 15) return nullptr;
  if (*start == '0' && (digits > 1 || is_negative)) return nullptr;
  *value = is_negative ? -number : number;
  return at;
}

const uint8_t* read_hash(const uint8_t* at) noexcept {
  if (std::memcmp(at, "\"sha256:", 8) != 0) return nullptr;
  at += 8;
  uint8_t bad = 0;
  for (size_t i = 0; i < kHexDigits; i++) {
    const uint8_t digit = static_cast<uint8_t>(at[i] - '0'), letter = static_cast<uint8_t>(at[i] - 'a');
    bad |= static_cast<uint8_t>((digit > 9) & (letter > 5));
  }
  return bad == 0 && at[kHexDigits] == '"' ? at + kHexDigits + 1 : nullptr;
}

const uint8_t* read_time(const uint8_t* at, int64_t* milliseconds) noexcept {
  if (at[0] != '"' || at[5] != '-' || at[8] != '-' || at[11] != 'T' || at[14] != ':' || at[17] != ':') return nullptr;
  const uint32_t century = two_digits(at + 1), year_of = two_digits(at + 3);
  const uint32_t month = two_digits(at + 6), day = two_digits(at + 9);
  const uint32_t hour = two_digits(at + 12), minute = two_digits(at + 15), second = two_digits(at + 18);
  if (century > 99 || year_of > 99 || month < 1 || month > 12) return nullptr;
  if (day < 1 || hour > 23 || minute > 59 || second > 59) return nullptr;
  const uint32_t year = 100 * century + year_of;
  if (day > days_in_month(year, month)) return nullptr;
  at += 20;
  uint32_t fraction = 0;
  if (*at == '.') {
    const uint8_t* const start = ++at;
    for (uint32_t weight = 100; *at >= '0' && *at <= '9'; weight /= 10) fraction += weight * (uint32_t{*at++} - '0');
    if (at == start || at - start > 9) return nullptr;
  }
  if (at[0] != 'Z' || at[1] != '"') return nullptr;
  const int64_t seconds = days_before(year, month, day) * 86400 + 3600 * hour + 60 * minute + second;
  *milliseconds = 1000 * seconds + fraction;
  return at + 2;
}

const uint8_t* read_signature(const uint8_t* at, uint8_t out[64]) noexcept {
  uint32_t bad = 0;
  for (size_t i = 0; i < 21; i++, at += 4, out += 3) {
    const uint32_t a = kBase64.values[at[0]], b = kBase64.values[at[1]];
    const uint32_t c = kBase64.values[at[2]], d = kBase64.values[at[3]];
    bad |= a | b | c | d;
    const uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    out[0] = static_cast<uint8_t>(bits >> 16);
    out[1] = static_cast<uint8_t>(bits >> 8);
    out[2] = static_cast<uint8_t>(bits);
  }
  const uint32_t a = kBase64.values[at[0]], b = kBase64.values[at[1]];
  bad |= a | b;
  out[0] = static_cast<uint8_t>(a << 2 | b >> 4);
  return (bad & 0x80) == 0 && (b & 15) == 0 ? at + 2 : nullptr;
}

}  // namespace tracevar
