// In which order the lines of an archive have their members: writers differ, but each keeps to one.
import { confirmOrdersMax } from '../limits.js'

/** Learns an order of names from lines that each have some of them. */
export class MemberOrder {
  #names: readonly string[] = []
  #changes = 0

  /** All names that were learned; the names of every line that agreed are among them in their order. */
  get names(): readonly string[] {
    return this.#names
  }

  /** Takes the names of one line; true when the order has changed. A line that contradicts it begins a new order. */
  learn(names: readonly string[]): boolean {
    if (isWithin(names, this.#names) || this.#changes >= confirmOrdersMax) return false
    const merged = merge(this.#names, names)
    this.#names = isWithin(names, merged) ? merged : [...names]
    this.#changes++
    return true
  }
}

/** True when all of `names` are in `order`, in this order. */
function isWithin(names: readonly string[], order: readonly string[]): boolean {
  let at = 0
  for (const name of names) {
    at = order.indexOf(name, at) + 1
    if (at === 0) return false
  }
  return true
}

/** `order`, with each new name after the one that is before it in `names`. */
function merge(order: readonly string[], names: readonly string[]): string[] {
  const merged = [...order]
  names.forEach((name, i) => {
    if (merged.includes(name)) return
    const before = names[i - 1]
    merged.splice(before === undefined ? 0 : merged.indexOf(before) + 1, 0, name)
  })
  return merged
}
