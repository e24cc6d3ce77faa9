// Where a command writes: data on stdout, everything else on stderr; colour only on a terminal.
import { TracevarError } from '../errors.js'

/** Exit codes that mean the same for every command (DESIGN "Command line"). */
export const EXIT_USAGE = 64
export const EXIT_READ = 66
export const EXIT_INTERNAL = 70
export const EXIT_INTERRUPTED = 130

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** One line of data. */
export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** One JSON object: the whole answer of a command with `--json`. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** A remark for people, never data. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`)
}

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold'
const STYLES: Readonly<Record<Style, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 }

/** Text in a colour when stdout is a terminal and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  if (!process.stdout.isTTY || process.env.NO_COLOR) return text
  return `\u001b[${STYLES[style]}m${text}\u001b[0m`
}

/** Characters of one text of outside origin that are printed. */
const PRINTABLE_CHARS_MAX = 500

/** Text of outside origin, safe for a terminal: control, format and separator characters become `\u{…}`; it is cut. */
export function printable(text: string): string {
  const cut = text.length > PRINTABLE_CHARS_MAX ? `${text.slice(0, PRINTABLE_CHARS_MAX)}…` : text
  return cut.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  )
}

/** The system cannot read a path. */
const READ_CODES: ReadonlySet<string> = new Set([
  'ERR_CLI_READ',
  'ERR_CRYPTO_KEY_READ',
  'ERR_POLICY_NOT_FOUND',
])

/** Exit code for an error: 66 when the system cannot read a path, 64 for usage, else the command's own. */
export function exitCodeOf(error: unknown, fallback: number): number {
  if (!(error instanceof TracevarError)) return EXIT_INTERNAL
  if (error.code === 'ERR_CLI_USAGE') return EXIT_USAGE
  if (READ_CODES.has(error.code)) return EXIT_READ
  return error.code === 'ERR_CLI_INTERNAL' ? EXIT_INTERNAL : fallback
}
