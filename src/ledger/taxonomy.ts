// Which tools move money, by their names (VAR R-70).

/** Words of the VAR-Money taxonomy: each pattern there is one of these between two `*`. */
const WORDS = [
  'refund',
  'chargeback',
  'transfer',
  'payout',
  'withdrawal',
  'disbursement',
  'settle',
  'void_payment',
  'reverse_payment',
] as const

/** True when a tool name matches the taxonomy; case does not matter. */
export function isMoneyToolName(toolName: string): boolean {
  const name = toolName.toLowerCase()
  return WORDS.some((word) => name.includes(word))
}
