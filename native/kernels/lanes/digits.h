// Scalars as signed digits. Constant time.
#ifndef TRACEVAR_KERNELS_LANES_DIGITS_H
#define TRACEVAR_KERNELS_LANES_DIGITS_H

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tracevar {

// Digits that a scalar below 2^253 has in radix 2^width, the last carry included.
constexpr size_t digit_count(int width) noexcept { return (254 + static_cast<size_t>(width) - 1) / static_cast<size_t>(width); }

// Writes the digits of s < 2^253 at digits[0], digits[stride], …: s = sum digit_i 2^(width i), each from -2^(width-1)
// to 2^(width-1) - 1.
template <int kWidth>
static inline void signed_digits(int8_t* digits, size_t stride, const uint8_t s[32]) noexcept {
  static_assert(kWidth >= 2 && kWidth <= 8);
  uint64_t words[5] = {};
  std::memcpy(words, s, 32);
  uint32_t carry = 0;
  for (size_t i = 0; i < digit_count(kWidth); i++) {
    const size_t at = i * kWidth, word = at / 64, bit = at % 64;
    uint64_t bits = words[word] >> bit;
    if (bit > 64 - kWidth) bits |= words[word + 1] << (64 - bit);
    const uint32_t value = static_cast<uint32_t>(bits & ((1u << kWidth) - 1)) + carry;
    carry = (value + (1u << (kWidth - 1))) >> kWidth;
    digits[i * stride] = static_cast<int8_t>(static_cast<int32_t>(value) - static_cast<int32_t>(carry << kWidth));
  }
  std::memset(words, 0, sizeof words);
  __asm__ volatile("" : : "r"(words) : "memory");
}

}  // namespace tracevar

#endif
