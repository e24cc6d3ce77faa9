#include "own_signatures.h"

#include <bit>
#include <cstring>

#include "../kernels/portable/tables.h"
#include "equations.h"
#include "kernel_choice.h"
#include "random.h"
#include "strict.h"

namespace tracevar {

namespace {

bool encoded_right(const SignItem& item, const uint8_t point[64]) noexcept {
  return point_is_encoded_as(point, item.out) && scalar_encoding_allowed(item.out + 32);
}

// Place p of test t is item (a p + b) mod places, a odd: another order for each test, from two random bytes.
Status draw_orders(uint8_t (*order)[kLaneItemsMax], size_t n, size_t places) noexcept {
  uint8_t random[2 * kJointTests];
  if (const Status status = random_bytes(random); status != Status::kOk) return status;
  for (size_t t = 0; t < kJointTests; t++) {
    const size_t a = random[2 * t] | 1u, b = random[2 * t + 1];
    for (size_t p = 0; p < places; p++) {
      const size_t item = (a * p + b) & (places - 1);
      order[t][p] = static_cast<uint8_t>(item < n ? item : n);
    }
  }
  return Status::kOk;
}

// A scalar as 8 words of 32 bits, with room for carries.
struct Words {
  uint64_t v[8];

  void add(const Words& other) noexcept {
    for (size_t i = 0; i < 8; i++) v[i] += other.v[i];
  }
};

Words words_of(const uint8_t scalar[32]) noexcept {
  Words words;
  for (size_t i = 0; i < 8; i++) {
    uint32_t word;
    std::memcpy(&word, scalar + 4 * i, 4);
    words.v[i] = word;
  }
  return words;
}

// The weighted sum of n scalars, as 64 bytes. A word stays below 2^44.
void weighted_sum(const Words* scalars, size_t n, const uint8_t* order, size_t places, uint8_t wide[64]) noexcept {
  Words running = {}, total = {};
  for (size_t place = 0; place < places;) {
    for (const size_t end = place + places / kJointWeights; place < end; place++) {
      if (order[place] < n) running.add(scalars[order[place]]);
    }
    total.add(running);
  }
  std::memset(wide, 0, 64);
  uint64_t carry = 0;
  for (size_t i = 0; i < 9; i++) {
    carry += i < 8 ? total.v[i] : 0;
    const uint32_t word = static_cast<uint32_t>(carry);
    std::memcpy(wide + 4 * i, &word, 4);
    carry >>= 32;
  }
}

[[gnu::noinline]] Status check_jointly(const KeyTable* table, const VerifyItem* own, const uint8_t* points,
                                       size_t n) noexcept {
  uint8_t k[kLaneItemsMax][32], order[kJointTests][kLaneItemsMax];
  uint8_t wide[2 * kJointTests][64], reduced[2 * kJointTests][32];
  Words s_words[kLaneItemsMax], k_words[kLaneItemsMax];
  const size_t places = std::bit_ceil(n) > kJointWeights ? std::bit_ceil(n) : kJointWeights;
  if (const Status status = draw_orders(order, n, places); status != Status::kOk) return status;
  challenges_of(own, n, k);
  for (size_t i = 0; i < n; i++) {
    s_words[i] = words_of(own[i].signature + 32);
    k_words[i] = words_of(k[i]);
  }
  for (size_t t = 0; t < kJointTests; t++) {
    weighted_sum(s_words, n, order[t], places, wide[t]);
    weighted_sum(k_words, n, order[t], places, wide[kJointTests + t]);
  }
  const Ed25519Kernel& kernel = *active_kernel().ed25519;
  kernel.reduce_ct(wide[0], 2 * kJointTests, reduced[0]);
  const bool holds = kernel.check_joint({table, points, n, order, places, reduced, reduced + kJointTests});
  return holds ? Status::kOk : Status::kSelfCheck;
}

template <size_t kItems>
Status check_equations_of(TableCache& tables, const SignItem* items, const uint8_t* points, size_t n) noexcept {
  VerifyItem own[kItems];
  uint8_t verdicts[kItems];
  for (size_t i = 0; i < n; i++) own[i] = {items[i].public_key, items[i].out, items[i].message};
  if (n >= kJointItemsMin && run_length(own, n) == n) {
    tables.begin();
    if (const KeyTable* table = tables.use(items[0].public_key, n)) return check_jointly(table, own, points, n);
  }
  check_equations(tables, own, points, n, verdicts);
  for (size_t i = 0; i < n; i++) {
    if (verdicts[i] != 1) return Status::kSelfCheck;
  }
  return Status::kOk;
}

}  // namespace

Status check_own(TableCache& tables, const SignItem* items, const uint8_t* points, size_t n) noexcept {
  for (size_t i = 0; i < n; i++) {
    if (!encoded_right(items[i], points + 64 * i)) return Status::kSelfCheck;
  }
  return n == 1 ? check_equations_of<1>(tables, items, points, n)
                : check_equations_of<kLaneItemsMax>(tables, items, points, n);
}

}  // namespace tracevar
