// What a kernel is: one set of functions for one instruction set. `portable` defines the answers; every other kernel
// must give the same bytes and the same verdicts. Kernels are pure: no allocation, no system call, no state but
// tables computed once from public constants.
#ifndef TRACEVAR_KERNELS_KERNEL_H
#define TRACEVAR_KERNELS_KERNEL_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace tracevar {

using Bytes = std::span<const uint8_t>;

// n byte strings in one buffer: item i is bytes[offsets[i] .. offsets[i+1]]. The caller has checked the offsets.
struct Batch {
  Bytes bytes;
  std::span<const uint32_t> offsets;  // n + 1 entries

  [[nodiscard]] size_t count() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] Bytes item(size_t i) const noexcept {
    return bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

constexpr size_t kHashHeadBytesMax = 64;

// One message in two parts: head, of at most kHashHeadBytesMax bytes, then body.
struct HashItem {
  const uint8_t* head;  // may be null when head_size is 0
  size_t head_size;
  Bytes body;
};

// One question of verification: is s B - k A the point that r encodes? 32 bytes each, s and k below L. Who knows the
// point, as x || y with the y and the parity of x that r has, gives it, which saves a division; else null. In one call,
// all equations have it or none.
struct Equation {
  const uint8_t* r;
  const uint8_t* s;
  const uint8_t* k;
  const uint8_t* point;
};

struct KeyTable;  // multiples of -A for a known A: portable/tables.h

// Most items of one call of the functions below.
constexpr size_t kLaneItemsMax = 128;

// Many equations under one key, asked together: do weighted sums of them hold? There are kJointTests sums, which give
// the items other weights, from 1 to kJointWeights.
constexpr size_t kJointTests = 8;
constexpr size_t kJointWeights = 32;

struct JointEquation {
  const KeyTable* table;
  const uint8_t* points;  // n points, 64 bytes each: x || y
  size_t n;               // at most kLaneItemsMax
  // In test t, order[t][p] is the item at place p, or n for none. Place p has the weight kJointWeights - floor(p
  // kJointWeights / places); places is a multiple of kJointWeights.
  const uint8_t (*order)[kLaneItemsMax];
  size_t places;
  const uint8_t (*s)[32];  // the weighted sums of s and k, modulo L, one a test
  const uint8_t (*k)[32];
};

struct Ed25519Kernel {
  // Integers modulo L, 32 bytes each (RFC 8032 5.1): wide[i] mod L for 64 bytes each; (a[i] b[i] + c[i]) mod L for
  // a < 2^255, b and c below L. Constant time.
  void (*reduce_ct)(const uint8_t* wide, size_t n, uint8_t* out) noexcept;
  void (*multiply_add_ct)(const uint8_t* const* a, const uint8_t* b, const uint8_t* c, size_t n, uint8_t* out) noexcept;

  // Affine points scalars[i] B, as 64 bytes x || y, both below p. Scalars: 32 bytes each, below L. The accumulator
  // of each starts at a projective form of the neutral point whose Z is taken from blinds (8 bytes each, random), so
  // that no two runs have the same intermediate values. Constant time. n <= kLaneItemsMax.
  void (*multiply_base_ct)(const uint8_t* scalars, const uint8_t* blinds, size_t n, uint8_t* points) noexcept;

  // verdicts[i] = 1 when equation i holds under tables[i], else 0. Variable time. n <= kLaneItemsMax.
  void (*check_known)(const KeyTable* const* tables, const Equation* equations, size_t n, uint8_t* verdicts) noexcept;

  // The same with encoded keys, 32 bytes each: canonical and not of small order, but maybe no points (verdict 0).
  void (*check_unknown)(const uint8_t* const* keys, const Equation* equations, size_t n, uint8_t* verdicts) noexcept;

  // Is s B - k A the weighted sum of the points, in every test? Variable time.
  bool (*check_joint)(const JointEquation& joint) noexcept;
};

struct Kernel {
  const char* name;
  uint32_t needs;  // CPU facts, cpu.h

  // 32 bytes an item, concatenated into out.
  void (*sha256_many)(const Batch& batch, uint8_t* out) noexcept;
  // SHA-512 of n messages, 64 bytes each, concatenated into out. Constant time in the contents (heads hold secret
  // prefixes); leaves nothing of them on the stack or in call-clobbered registers.
  void (*sha512_ct)(const HashItem* items, size_t n, uint8_t* out) noexcept;

  const Ed25519Kernel* ed25519;
};

// The secret half of an Ed25519 key (RFC 8032 5.1.5): clamped scalar, then the prefix of the nonce hash.
struct ExpandedSecret {
  uint8_t scalar[32];
  uint8_t prefix[32];
};
static_assert(sizeof(ExpandedSecret) == 64);

}  // namespace tracevar

#endif
