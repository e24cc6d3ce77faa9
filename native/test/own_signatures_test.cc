// check_own with every kernel: right signatures pass, in any number, and none of the wrong ones does. The signatures are
// made here from nonces of this test's own, so that R, S and the message can be spoilt apart from each other.
//   own_signatures_test [seed]
#include "../core/own_signatures.h"

#include <cstring>

#include "../core/equations.h"
#include "../kernels/portable/portable.h"
#include "../kernels/portable/scalar_ct.h"
#include "../kernels/portable/tables.h"
#include "support.h"

namespace tracevar {

namespace {

using test::check;
using test::fill_random;

constexpr size_t kMax = kLaneItemsMax;
constexpr size_t kKeys = 2;
constexpr size_t kMessageBytes = 40;

// Signatures that check_own is asked about.
struct Case {
  uint8_t scalars[kKeys][32], keys[kKeys][32];
  uint8_t messages[kMax][kMessageBytes], nonces[kMax][32], points[kMax][64], signatures[kMax][64];
  SignItem items[kMax];
};

void random_scalar(uint8_t scalar[32]) {
  uint8_t wide[64];
  fill_random(wide, sizeof wide);
  portable::scalar_reduce(scalar, wide);
}

void multiples(const uint8_t (*scalars)[32], size_t n, uint8_t (*points)[64]) {
  uint8_t blinds[8 * kMax];
  fill_random(blinds, sizeof blinds);
  kPortableEd25519.multiply_base_ct(scalars[0], blinds, n, points[0]);
}

// Item i has the key of its place in a run of `run` items.
void make(Case* c, size_t n, size_t run) {
  uint8_t key_points[kKeys][64], k[kMax][32];
  for (auto& scalar : c->scalars) random_scalar(scalar);
  multiples(c->scalars, kKeys, key_points);
  for (size_t i = 0; i < kKeys; i++) point_encode(c->keys[i], key_points[i]);
  for (size_t i = 0; i < n; i++) {
    random_scalar(c->nonces[i]);
    fill_random(c->messages[i], kMessageBytes);
  }
  multiples(c->nonces, n, c->points);
  VerifyItem questions[kMax];
  for (size_t i = 0; i < n; i++) {
    const size_t key = i / run % kKeys;
    point_encode(c->signatures[i], c->points[i]);
    c->items[i] = {nullptr, c->keys[key], {c->messages[i], kMessageBytes}, c->signatures[i]};
    questions[i] = {c->keys[key], c->signatures[i], c->items[i].message};
  }
  challenges_of(questions, n, k);
  for (size_t i = 0; i < n; i++) {
    portable::scalar_multiply_add(c->signatures[i] + 32, c->scalars[i / run % kKeys], k[i], c->nonces[i]);
  }
}

// Adds `by`, or -1 for 0, to S of an item.
void add_to_s(Case* c, size_t i, uint8_t by) {
  uint8_t one[32] = {1}, amount[32] = {by};
  if (by == 0) {
    std::memcpy(amount, portable::kOrder, 32);
    amount[0]--;
  }
  portable::scalar_multiply_add(c->signatures[i] + 32, one, c->signatures[i] + 32, amount);
}

using Spoil = void (*)(Case* c, size_t i, size_t j);

constexpr struct {
  const char* what;
  Spoil spoil;
} kSpoils[] = {
    {"one S", [](Case* c, size_t i, size_t) { add_to_s(c, i, 1); }},
    {"two S that cancel with equal weights", [](Case* c, size_t i, size_t j) { add_to_s(c, i, 1), add_to_s(c, j, 0); }},
    {"two S that cancel with weights 1 and 2",
     [](Case* c, size_t i, size_t j) { add_to_s(c, i, 0), add_to_s(c, i, 0), add_to_s(c, j, 1); }},
    {"a message", [](Case* c, size_t i, size_t) { c->messages[i][7] ^= 1; }},
    {"R, another point",
     [](Case* c, size_t i, size_t j) {
       std::memcpy(c->points[i], c->points[j], 64);
       point_encode(c->signatures[i], c->points[i]);
     }},
    {"R, no point of the curve",
     [](Case* c, size_t i, size_t) {
       c->points[i][3] ^= 1;
       point_encode(c->signatures[i], c->points[i]);
     }},
    {"the bytes of R", [](Case* c, size_t i, size_t) { c->signatures[i][5] ^= 1; }},
    {"the sign of R", [](Case* c, size_t i, size_t) { c->signatures[i][31] ^= 0x80; }},
    {"S + L",
     [](Case* c, size_t i, size_t) {
       unsigned carry = 0;
       for (size_t b = 0; b < 32; b++) {
         carry += c->signatures[i][32 + b] + reinterpret_cast<const uint8_t*>(portable::kOrder)[b];
         c->signatures[i][32 + b] = static_cast<uint8_t>(carry);
         carry >>= 8;
       }
     }},
};

bool passes(TableCache& tables, const Case& c, size_t n) {
  return check_own(tables, c.items, c.points[0], n) == Status::kOk;
}

void test_kernel(const char* kernel) {
  static Case c;
  TableCache tables;
  // Fewer and more than are verified jointly, numbers of lanes and none, places that stay empty; one key, and two.
  for (const size_t n : {1u, 2u, 9u, 39u, 40u, 41u, 63u, 64u, 65u, 100u, 127u, 128u}) {
    for (const size_t run : {kMax, size_t{5}}) {
      make(&c, n, run);
      check(passes(tables, c, n), kernel, "right signatures", n);
      for (const auto& [what, spoil] : kSpoils) {
        make(&c, n, run);
        const size_t i = static_cast<size_t>(test::random_word()) % n;
        const size_t j = (i + 1 + static_cast<size_t>(test::random_word()) % (n > 1 ? n - 1 : 1)) % n;
        if (i == j) continue;
        spoil(&c, i, j);
        check(!passes(tables, c, n), kernel, what, n);
      }
    }
  }
}

}  // namespace

}  // namespace tracevar

int main(int argc, char** argv) {
  if (argc > 1) tracevar::test::g_random = std::strtoull(argv[1], nullptr, 10);
  tracevar::test::for_each_kernel([](const tracevar::Kernel& kernel) { tracevar::test_kernel(kernel.name); });
  return tracevar::test::result("own_signatures_test");
}
