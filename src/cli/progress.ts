// Progress of long work: bytes done, rate and time left, on stderr and only on a terminal.

/** A function to call as work goes on; nothing is printed in the first second. */
export function progressBar(what: string): { update(done: number, total: number): void; end(): void } {
  const startMs = performance.now()
  let lastMs = startMs + 800
  let shown = false
  return {
    update(done, total) {
      const nowMs = performance.now()
      if (!process.stderr.isTTY || nowMs - lastMs < 200) return
      lastMs = nowMs
      shown = true
      const rate = done / (nowMs - startMs) // bytes a millisecond
      const left = Math.max(0, Math.round((total - done) / rate / 1000))
      const percent = total === 0 ? 0 : Math.floor((100 * done) / total)
      process.stderr.write(
        `\r${what} ${percent} %  ${(rate / 1000).toFixed(1)} MB/s  ${left} s left \u001b[K`,
      )
    },
    end() {
      if (shown) process.stderr.write('\r\u001b[K')
    },
  }
}
