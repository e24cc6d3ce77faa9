// Comparison that does not stop at the first difference.

/**
 * True when both byte strings are equal. The time depends on the lengths, which are public, and not on where they
 * differ, as far as a JavaScript engine allows. For secrets and authenticators.
 */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}
