// A tar archive (POSIX ustar) of small files with plain names, byte for byte the same for the same content.
import { utf8Encode } from '../codec/utf8.js'

const BLOCK_BYTES = 512

/** Archive of files by name (at most 100 ASCII characters); mode 0644, no owner, time 0. */
export function tarArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts = [...files].flatMap(([name, bytes]) => [
    header(name, bytes.length),
    bytes,
    padding(bytes.length),
  ])
  parts.push(new Uint8Array(2 * BLOCK_BYTES)) // two empty blocks end an archive
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    archive.set(part, at)
    at += part.length
  }
  return archive
}

function padding(length: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES)
}

function header(name: string, length: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES)
  const put = (offset: number, text: string) => block.set(utf8Encode(text), offset)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  put(0, name)
  put(100, octal(0o644, 7))
  put(108, octal(0, 7)) // owner and group
  put(116, octal(0, 7))
  put(124, octal(length, 11))
  put(136, octal(0, 11)) // time
  put(148, ' '.repeat(8)) // the checksum counts itself as blanks
  put(156, '0')
  put(257, 'ustar\0')
  put(263, '00')
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}
