// Verification of a batch: what STRICT refuses by its encoding never reaches the kernel.
#include "equations.h"
#include "strict.h"

namespace tracevar {

namespace {

bool encodings_allowed(const VerifyItem& item) noexcept {
  return point_encoding_allowed(item.public_key) && point_encoding_allowed(item.signature) &&
         scalar_encoding_allowed(item.signature + 32);
}

}  // namespace

void verify_batch(TableCache& tables, const VerifyItem* items, size_t n, uint8_t* verdicts) noexcept {
  VerifyItem allowed[kLaneItemsMax];
  size_t places[kLaneItemsMax];
  uint8_t answers[kLaneItemsMax];
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    verdicts[i] = 0;
    if (encodings_allowed(items[i])) {
      allowed[count] = items[i];
      places[count++] = i;
    }
    if (count == kLaneItemsMax || (i + 1 == n && count > 0)) {
      check_equations(tables, allowed, nullptr, count, answers);
      for (size_t j = 0; j < count; j++) verdicts[places[j]] = answers[j];
      count = 0;
    }
  }
}

}  // namespace tracevar
