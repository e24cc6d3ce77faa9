// SHA-256 with the SHA-2 instructions of ARMv8.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "../message.h"
#include "hash.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("+crypto")
#endif

namespace tracevar::arm {

namespace {

void compress(uint32_t* state, const uint8_t* data, size_t blocks) noexcept {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; blocks > 0; blocks--) {
    const uint32x4_t abcd_before = abcd, efgh_before = efgh;
    uint32x4_t w[4];  // the last sixteen words of the schedule
    for (int i = 0; i < 4; i++, data += 16) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data)));
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {  // rounds 4 i .. 4 i + 3
      if (i >= 4) {
        const uint32x4_t old = vsha256su0q_u32(w[i & 3], w[(i + 1) & 3]);
        w[i & 3] = vsha256su1q_u32(old, w[(i + 2) & 3], w[(i + 3) & 3]);
      }
      const uint32x4_t wk = vaddq_u32(w[i & 3], vld1q_u32(kSha256Constants.k + 4 * i));
      const uint32x4_t before = abcd;
      abcd = vsha256hq_u32(abcd, efgh, wk);
      efgh = vsha256h2q_u32(efgh, before, wk);
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

}  // namespace
}  // namespace tracevar::arm

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace tracevar::arm {

void sha256_many_armv8(const Batch& batch, uint8_t* out) noexcept {
  Message<uint32_t> position;
  for (size_t i = 0; i < batch.count(); i++) {
    message_start<Sha256>(&position, {nullptr, 0, batch.item(i)}, out + Sha256::kDigestBytes * i);
    message_finish(&position, compress);
  }
}

}  // namespace tracevar::arm

#endif
