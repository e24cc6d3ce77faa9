// What the tests of this room ask of a refusal.
import { expect } from 'vitest'
import { type ErrorCode, TracevarError } from '../../src/errors.js'

/** The TracevarError that `run` throws. Fails when it throws nothing or something else. */
export function refusal(run: () => unknown): TracevarError {
  try {
    run()
  } catch (error) {
    if (error instanceof TracevarError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** Expects a refusal with this code. */
export function expectRefusal(code: ErrorCode, run: () => unknown): TracevarError {
  const error = refusal(run)
  expect(error.code, error.message).toBe(code)
  return error
}

/** For fuzzing: lets a refusal with this code pass and throws every other error on. */
export function passRefusal(code: ErrorCode, error: unknown): void {
  if (!(error instanceof TracevarError) || error.code !== code) throw error
}
