// Outside test data lies beside the project, in ../shared/vectors. Tests that use it skip, saying so, where it is absent.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../../shared/vectors')

/** Path of a file or folder below the shared vectors. */
export function vectorPath(path: string): string {
  return resolve(ROOT, path)
}

/** Bytes of a shared vector file. */
export function vectorBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(vectorPath(path)))
}

/** A shared vector file as JSON. */
export function vectorJson<T>(path: string): T {
  return JSON.parse(readFileSync(vectorPath(path), 'utf8')) as T
}

/** `describe` that is skipped, with the reason in its name, where the shared vectors are absent. */
export function describeVectors(name: string, body: () => void): void {
  if (existsSync(ROOT)) describe(name, body)
  else describe.skip(`${name} (shared vectors are not beside the project)`, body)
}
