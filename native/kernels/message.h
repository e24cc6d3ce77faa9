// A message of two parts as a sequence of runs: whole blocks that lie one after another in memory. All SHA-2 kernels
// take their blocks from here, so this is the only place that pads.
#ifndef TRACEVAR_KERNELS_MESSAGE_H
#define TRACEVAR_KERNELS_MESSAGE_H

#include "kernel.h"
#include "sha2.h"

namespace tracevar {

// The position in one message, and the state of its hash. At most three runs: one block of head and first bytes of the
// body, put together in the buffer; the body in place; the last bytes and the padding, in the buffer. Time depends on
// lengths alone.
template <class Word>
struct Message {
  static constexpr size_t kBlock = 16 * sizeof(Word);
  static_assert(kHashHeadBytesMax <= kBlock);

  const uint8_t* next;  // the current run
  size_t blocks;        // of it, at least 1 until the message has ended
  const uint8_t* body;  // what no run has taken yet
  size_t body_size;
  size_t total_size;  // of the message
  size_t carried;     // bytes of a short message's head in the buffer
  uint8_t* out;       // where its digest goes
  bool padded;        // the current run is the last
  Word state[8];
  alignas(64) uint8_t buffer[2 * kBlock];
};

namespace {

inline void copy(uint8_t* to, const uint8_t* from, size_t size) noexcept {
  if (size > 0) std::memcpy(to, from, size);  // from may be null only with size 0
}

// The run after the current one; false when there is none. 5.1.1, 5.1.2: a one bit, zeros, the length in bits as
// integer of an eighth of a block.
template <class Word>
inline bool message_next_run(Message<Word>* m) noexcept {
  constexpr size_t kBlock = Message<Word>::kBlock;
  if (m->padded) return false;
  if (m->body_size >= kBlock) {
    m->next = m->body;
    m->blocks = m->body_size / kBlock;
    m->body += m->blocks * kBlock;
    m->body_size %= kBlock;
    return true;
  }
  copy(m->buffer + m->carried, m->body, m->body_size);
  const size_t used = m->carried + m->body_size;
  m->next = m->buffer;
  m->blocks = used + 1 + kBlock / 8 <= kBlock ? 1 : 2;
  uint8_t* end = m->buffer + m->blocks * kBlock;
  m->buffer[used] = 0x80;
  std::memset(m->buffer + used + 1, 0, m->blocks * kBlock - used - 1);
  if (kBlock == 128) store_be(end - 16, uint64_t{m->total_size} >> 61);
  store_be(end - 8, uint64_t{m->total_size} << 3);
  m->padded = true;
  return true;
}

// Stands before the first run of the message.
template <class H>
inline void message_start(Message<typename H::Word>* m, const HashItem& item, uint8_t* out) noexcept {
  m->body = item.body.data();
  m->body_size = item.body.size();
  m->total_size = item.head_size + m->body_size;
  m->carried = 0;
  m->out = out;
  m->padded = false;
  std::memcpy(m->state, H::kInitial, sizeof m->state);
  if (item.head_size > 0) {
    copy(m->buffer, item.head, item.head_size);
    if (m->total_size >= H::kBlockBytes) {
      const size_t taken = H::kBlockBytes - item.head_size;
      copy(m->buffer + item.head_size, m->body, taken);
      m->body += taken;
      m->body_size -= taken;
      m->next = m->buffer;
      m->blocks = 1;
      return;
    }
    m->carried = item.head_size;
  }
  (void)message_next_run(m);
}

// After `blocks` more blocks, at most those of the current run: false when the message has ended.
template <class Word>
inline bool message_advance(Message<Word>* m, size_t blocks) noexcept {
  m->next += blocks * Message<Word>::kBlock;
  m->blocks -= blocks;
  return m->blocks > 0 || message_next_run(m);
}

template <class Word>
inline void message_digest(const Message<Word>* m) noexcept {
  for (size_t i = 0; i < 8; i++) store_be(m->out + sizeof(Word) * i, m->state[i]);
}

// The rest of a message by a function that compresses one stream.
template <class Word>
inline void message_finish(Message<Word>* m, void (*compress)(Word*, const uint8_t*, size_t) noexcept) noexcept {
  do {
    compress(m->state, m->next, m->blocks);
  } while (message_next_run(m));
  message_digest(m);
}

}  // namespace
}  // namespace tracevar

#endif
