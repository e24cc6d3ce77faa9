// Rounds of contenders, and figures made of them. In each round every contender has one short slice, one after the
// other, so that a slow moment of the machine hits all of them; ratios are taken round by round.

/** The value at a share of the sorted values: 0.5 is the median, 0.99 the 99th percentile. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

export const median = (values) => quantile(values, 0.5)

/**
 * Calls each contender in slices of about `sliceMs`, `rounds` times, beginning with another one each time.
 *
 * @param contenders by name: `run` does `items` items; `prepare`, where there is one, is called before each slice.
 * @param until epoch milliseconds after which no further round begins, once there are three.
 * @returns by name: items a second, one value a round.
 */
export async function takeRounds(contenders, { rounds, sliceMs, until = Number.POSITIVE_INFINITY }) {
  const names = Object.keys(contenders)
  const rates = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds && (round < ROUNDS_MIN || Date.now() < until); round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length]
      const { run, items, prepare } = contenders[name]
      prepare?.()
      rates[name].push(await slice(run, items, sliceMs))
    }
  }
  return rates
}

const ROUNDS_MIN = 3

/** Items a second of one slice: as many calls as fit, at least one. */
async function slice(run, items, sliceMs) {
  const start = performance.now()
  let calls = 0
  let passed = 0
  do {
    const answer = run()
    if (answer instanceof Promise) await answer
    calls++
    passed = performance.now() - start
  } while (passed < sliceMs)
  return (calls * items * 1000) / passed
}

/**
 * One figure: medians of both, and the median, least and greatest of the ratios `ours / peer` of the rounds.
 *
 * @param ours one value a round.
 * @param peer as many.
 */
export function figure(id, unit, ours, peer) {
  const ratios = ours.map((value, i) => value / peer[i])
  return {
    id,
    ours: median(ours),
    peer: median(peer),
    ratio: median(ratios),
    unit,
    min: Math.min(...ratios),
    max: Math.max(...ratios),
  }
}

/** A figure that has no peer: the median, least and greatest of the values of the rounds. */
export function plainFigure(id, unit, ours) {
  return {
    id,
    ours: median(ours),
    peer: null,
    ratio: null,
    unit,
    min: Math.min(...ours),
    max: Math.max(...ours),
  }
}

/** A figure that this machine or build cannot give. */
export function noFigure(id, unit, why) {
  return { id, ours: null, peer: null, ratio: null, unit, min: null, max: null, why }
}
