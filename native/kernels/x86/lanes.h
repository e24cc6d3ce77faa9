// Many messages of unequal length on the lanes of a vector: a lane whose message ends takes the next one.
#ifndef TRACEVAR_KERNELS_X86_LANES_H
#define TRACEVAR_KERNELS_X86_LANES_H

#include "../message.h"

namespace tracevar {
namespace {

// One message a lane, null for an idle one. states[i][j] is word i of the state of lane j: as vectors are loaded.
template <class Word, size_t kLanes>
struct Lanes {
  alignas(64) Word states[8][kLanes];
  Message<Word>* busy[kLanes];
  Message<Word> messages[kLanes];

  void start(size_t lane) noexcept {
    busy[lane] = &messages[lane];
    for (size_t i = 0; i < 8; i++) states[i][lane] = messages[lane].state[i];
  }

  void stop(size_t lane) noexcept {
    for (size_t i = 0; i < 8; i++) messages[lane].state[i] = states[i][lane];
    busy[lane] = nullptr;
  }

  // Finds the next block of each lane, and how many blocks all lanes have there. At least one lane is busy: the idle
  // ones read what the last busy one reads.
  size_t runs(const uint8_t* next[kLanes]) const noexcept {
    size_t blocks = SIZE_MAX;
    const uint8_t* readable = nullptr;
    for (size_t j = 0; j < kLanes; j++) {
      if (busy[j] == nullptr) continue;
      readable = busy[j]->next;
      if (busy[j]->blocks < blocks) blocks = busy[j]->blocks;
    }
    for (size_t j = 0; j < kLanes; j++) next[j] = busy[j] == nullptr ? readable : busy[j]->next;
    return blocks;
  }
};

// Hashes item(0) .. item(n - 1) to out. In lanes, compress(states, next blocks, how many), while at least kLanesMin
// messages are under way; finish(messages, how many) does the others, from where they stand.
template <class H, size_t kLanesMin, size_t kLanes, class Item, class Compress, class Finish>
inline void hash_lanes(Lanes<typename H::Word, kLanes>* lanes, size_t n, Item item, uint8_t* out, Compress compress,
                       Finish finish) noexcept {
  size_t started = 0, active = 0;
  const auto start = [&](size_t lane) {
    message_start<H>(&lanes->messages[lane], item(started), out + H::kDigestBytes * started);
    lanes->start(lane);
    started++;
  };
  for (size_t j = 0; j < kLanes; j++) lanes->busy[j] = nullptr;
  for (; active < kLanes && started < n; active++) start(active);
  while (active >= kLanesMin) {
    const uint8_t* next[kLanes];
    const size_t blocks = lanes->runs(next);
    compress(lanes->states, next, blocks);
    for (size_t j = 0; j < kLanes; j++) {
      if (lanes->busy[j] == nullptr || message_advance(lanes->busy[j], blocks)) continue;
      lanes->stop(j);
      message_digest(&lanes->messages[j]);
      if (started < n) {
        start(j);
      } else {
        active--;
      }
    }
  }
  Message<typename H::Word>* left[kLanes];
  size_t count = 0;
  for (size_t j = 0; j < kLanes; j++) {
    if (lanes->busy[j] == nullptr) continue;
    left[count++] = lanes->busy[j];
    lanes->stop(j);
  }
  finish(left, count);
}

}  // namespace
}  // namespace tracevar

#endif
