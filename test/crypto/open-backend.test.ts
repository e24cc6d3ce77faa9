// Choosing a back end. The addon's loader is replaced, so that the answers do not depend on what is built here.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { openBackend } from '../../src/crypto/host.js'
import { createNativeBackend } from '../../src/crypto/native-backend.js'
import { loadNativeAddon } from '../../src/crypto/native-loader.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { TracevarError } from '../../src/errors.js'

vi.mock('../../src/crypto/native-loader.js', () => ({ loadNativeAddon: vi.fn() }))
vi.mock('../../src/crypto/native-backend.js', () => ({ createNativeBackend: vi.fn() }))

const load = vi.mocked(loadNativeAddon)
const create = vi.mocked(createNativeBackend)
const env = {}
const message = packBatch([Buffer.from('m')])

beforeEach(() => {
  load.mockReset().mockImplementation(() => {
    throw new TracevarError('ERR_CRYPTO_NATIVE', 'no file')
  })
  create.mockReset()
})

/** Lets the loader find an addon, behind which `node` does the work. */
function pretendAddon(): void {
  load.mockReset().mockReturnValue({ addon: {}, path: '/p', sha256: 'sha256:0' } as never)
  create.mockReset().mockImplementation((_addon, facts) => {
    const node = createNodeBackend()
    return { ...node, describe: () => ({ ...node.describe(), name: 'native', facts: { ...facts } }) } as never
  })
}

const code = (expected: string) => expect.objectContaining({ code: expected })

describe('openBackend', () => {
  it('hands the kernel of TRACEVAR_KERNEL and the one that signs to the addon, and does not fall back from a refusal', () => {
    pretendAddon()
    openBackend({ env: { TRACEVAR_KERNEL: 'avx2x8' }, signKernel: 'portable' })
    expect(create.mock.calls[0]?.[2]).toEqual({
      kernel: 'avx2x8',
      signKernel: 'portable',
      confirmJobs: expect.any(Number),
    })
    openBackend({ env })
    expect(create.mock.calls[1]?.[2]).toEqual({ kernel: '', signKernel: '', confirmJobs: expect.any(Number) })
    create.mockImplementation(() => {
      throw new TracevarError('ERR_CRYPTO_BACKEND_UNKNOWN', 'no such kernel')
    })
    expect(() => openBackend({ env })).toThrow(code('ERR_CRYPTO_BACKEND_UNKNOWN'))
    expect(() => openBackend({ env, signKernel: 1 as never })).toThrow(TypeError)
  })

  it('takes native first, with the facts of the file, and has tried nothing before', () => {
    pretendAddon()
    const described = openBackend({ env }).describe()
    expect(described).toMatchObject({
      name: 'native',
      attempts: [],
      facts: { path: '/p', sha256: 'sha256:0' },
    })
    expect(load.mock.calls[0]?.[0]).toBe(new URL('../..', import.meta.url).pathname.replace(/\/$/, ''))
  })

  it('falls back from native to node, says why, and works', () => {
    const backend = openBackend({ env })
    expect(backend.describe()).toMatchObject({ name: 'node', attempts: [{ name: 'native', why: 'no file' }] })
    const key = backend.generateKey(['receipt'])
    const signature = backend.ed25519SignMany([key], 'receipt', message)
    expect([...backend.ed25519VerifyMany(key.publicKey, signature, message)]).toEqual([1])
    expect(backend.sha256Many(message)).toEqual(createNodeBackend().sha256Many(message))
    expect(backend.sha512Many(message)).toEqual(createNodeBackend().sha512Many(message))
    const again = backend.importSeed(new Uint8Array(32), ['receipt'])
    expect(again.publicKey).toEqual(createNodeBackend().importSeed(new Uint8Array(32), []).publicKey)
  })

  it('takes what is preferred before native', () => {
    pretendAddon()
    expect(openBackend({ prefer: 'node', env }).describe()).toMatchObject({ name: 'node', attempts: [] })
    expect(openBackend({ prefer: 'pure', env }).describe()).toMatchObject({ name: 'pure', attempts: [] })
    expect(load).not.toHaveBeenCalled()
  })

  it('require fails with every attempt, and falls back to nothing', () => {
    expect(() => openBackend({ require: 'native', env })).toThrow(
      expect.objectContaining({
        code: 'ERR_CRYPTO_BACKEND_UNAVAILABLE',
        message: expect.stringContaining('native: no file'),
      }),
    )
    expect(openBackend({ require: 'pure', env }).describe().name).toBe('pure')
  })

  it('TRACEVAR_BACKEND forces one, over what is preferred', () => {
    expect(openBackend({ prefer: 'node', env: { TRACEVAR_BACKEND: 'pure' } }).describe().name).toBe('pure')
    expect(openBackend({ require: 'pure', env: { TRACEVAR_BACKEND: 'pure' } }).describe().name).toBe('pure')
    expect(() => openBackend({ env: { TRACEVAR_BACKEND: 'native' } })).toThrow(
      code('ERR_CRYPTO_BACKEND_UNAVAILABLE'),
    )
    expect(openBackend({ env: { TRACEVAR_BACKEND: '' } }).describe().name).toBe('node')
  })

  it('TRACEVAR_BACKEND does not get round a requirement', () => {
    expect(() => openBackend({ require: 'native', env: { TRACEVAR_BACKEND: 'pure' } })).toThrow(
      code('ERR_CRYPTO_BACKEND_UNAVAILABLE'),
    )
  })

  it.each(['web', 'Node', 'openssl', 'constructor'])('the name %s in TRACEVAR_BACKEND is unknown', (name) => {
    expect(() => openBackend({ env: { TRACEVAR_BACKEND: name } })).toThrow(code('ERR_CRYPTO_BACKEND_UNKNOWN'))
  })

  it('reads the environment of the process when none is given', () => {
    vi.stubEnv('TRACEVAR_BACKEND', 'pure')
    expect(openBackend().describe().name).toBe('pure')
    vi.unstubAllEnvs()
  })

  it('a wrong known answer stops everything; there is no falling back from it', () => {
    pretendAddon()
    create.mockImplementation(
      () => ({ ...createNodeBackend(), sha256Many: () => new Uint8Array(32) }) as never,
    )
    expect(() => openBackend({ env })).toThrow(code('ERR_CRYPTO_SELF_CHECK'))
  })

  it('refuses options that it does not know', () => {
    expect(() => openBackend({ preferred: 'node' } as never)).toThrow(TypeError)
    expect(() => openBackend({ prefer: 'web' } as never)).toThrow(TypeError)
    expect(() => openBackend({ require: 'openssl' } as never)).toThrow(TypeError)
    expect(() => openBackend({ prefer: 'node', require: 'node' })).toThrow(TypeError)
  })
})
