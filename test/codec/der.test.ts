import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type DerNode, derChild, expectDer, isDer, readDer } from '../../src/codec/der.js'
import {
  derBitString,
  derBoolean,
  derInteger,
  derOctetString,
  derOid,
  derSmallInteger,
  derTime,
} from '../../src/codec/der-values.js'
import { derDepthMax, derElementsMax, derOidBytesMax } from '../../src/limits.js'
import { describeVectors, vectorPath } from '../support/vectors.js'
import { mutate, randomBytes, rounds } from './random.js'
import { expectRefusal, passRefusal } from './refusal.js'

const unhex = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** An element with a header in its shortest form. */
function element(identifier: number, contents: Uint8Array): Uint8Array {
  const { length } = contents
  const octets =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Uint8Array.from([identifier, ...octets, ...contents])
}

const ascii = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

/** Header and contents of a whole tree, put together again. */
function rewritten(node: DerNode): string {
  const inside = node.tag.constructed ? node.children().map(rewritten).join('') : hex(node.contents)
  return hex(node.header) + inside
}

describe('readDer', () => {
  it('gives tag, offset and views', () => {
    const bytes = unhex('30 08 02 01 05 a1 03 04 01 ff')
    const root = readDer(bytes)
    expect(root.tag).toEqual({ class: 'universal', constructed: true, number: 16 })
    expect([hex(root.header), hex(root.contents), hex(root.raw)]).toEqual([
      '3008',
      '020105a1030401ff',
      hex(bytes),
    ])
    const [number, wrapped] = root.children()
    expect([derInteger(number!), number!.offset, hex(number!.raw)]).toEqual([5n, 2, '020105'])
    expect(wrapped!.tag).toEqual({ class: 'context', constructed: true, number: 1 })
    expect(derOctetString(derChild(wrapped!, 0))).toEqual(Uint8Array.of(0xff))
    expect(root.raw.buffer).toBe(bytes.buffer)
  })

  it('reads a window of a larger buffer, and hands out plain byte arrays', () => {
    const node = readDer(Buffer.from('ffff0401aaff', 'hex').subarray(2, 5))
    expect(derOctetString(node)).toEqual(Uint8Array.of(0xaa))
    expect(node.raw).not.toBeInstanceOf(Buffer)
  })

  const refused: readonly [hex: string, why: string, offset: number][] = [
    ['', 'nothing at all', 0],
    ['30', 'an identifier alone', 1],
    ['04 02 00', 'contents cut off', 0],
    ['04 84 ffffffff', 'a length beyond the input', 1],
    [`04 ff ${'ff'.repeat(127)}`, 'a reserved length', 1],
    ['04 82 01', 'a length cut off', 3],
    ['04 01 00 00', 'trailing bytes', 3],
    ['30 04 04 03 00 00', 'a child longer than its parent', 2],
    ['30 80 00 00', 'an indefinite length', 1],
    ['24 80 04 01 00 00 00', 'a constructed string', 0],
    ['04 81 01 00', 'a long length below 128', 1],
    [`04 82 0080 ${'00'.repeat(128)}`, 'a length with a leading zero', 1],
    ['04 80', 'an indefinite length of a primitive', 1],
    ['10 00', 'a primitive SEQUENCE', 0],
    ['11 00', 'a primitive SET', 0],
    ['22 03 02 01 00', 'a constructed INTEGER', 0],
    ['30 02 00 00', 'end-of-contents octets', 2],
    ['9f 00', 'a high tag number', 0],
    ['30 03 02 01', 'a SEQUENCE cut off', 0],
    ['30 03 02 02 05', 'a last child cut off', 2],
    ['30 01 02', 'a child without a length', 3],
  ]
  for (const [text, why, offset] of refused) {
    it(`refuses ${why}`, () => {
      const error = expectRefusal('ERR_CODEC_DER', () => readDer(unhex(text)))
      expect(error.message).toContain(`(offset ${offset})`)
    })
  }

  it('names an indefinite length', () => {
    const error = expectRefusal('ERR_CODEC_DER', () => readDer(unhex('30 80 00 00')))
    expect(error.message).toBe('indefinite length (offset 1)')
  })

  it('reads lengths of one to four bytes', () => {
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
      const size = length < 128 ? [] : length < 256 ? [0x81] : length < 65_536 ? [0x82] : [0x83]
      const width = size.length === 0 ? 1 : size[0]! - 0x80
      const octets = Array.from({ length: width }, (_, i) => (length >> (8 * (width - 1 - i))) & 0xff)
      const node = readDer(Uint8Array.from([0x04, ...size, ...octets, ...new Uint8Array(length)]))
      expect(node.contents).toHaveLength(length)
    }
  })

  it('reads to the limits of depth and number of elements, and no further', () => {
    const nested = (depth: number): Uint8Array =>
      depth === 1 ? unhex('30 00') : element(0x30, nested(depth - 1))
    expect(readDer(nested(derDepthMax)).children()).toHaveLength(1)
    expectRefusal('ERR_CODEC_DER', () => readDer(nested(derDepthMax + 1)))
    // [0x30, four bytes of length, NULL, NULL, ...]: the SEQUENCE itself counts too.
    const nulls = (count: number) => {
      const bytes = new Uint8Array(5 + 2 * count)
      new DataView(bytes.buffer).setUint32(1, 2 * count)
      bytes.set([0x30, 0x83])
      for (let at = 5; at < bytes.length; at += 2) bytes[at] = 5
      return bytes
    }
    expect(readDer(nulls(derElementsMax - 1)).children()).toHaveLength(derElementsMax - 1)
    expectRefusal('ERR_CODEC_DER', () => readDer(nulls(derElementsMax)))
  })

  it('finds children and types, or says what is missing', () => {
    const node = readDer(unhex('30 05 a0 03 02 01 05'))
    expect([isDer(node, 'SEQUENCE'), isDer(node, 'SET'), isDer(derChild(node, 0), 0)]).toEqual([
      true,
      false,
      true,
    ])
    expect(isDer(derChild(node, 0), 1)).toBe(false)
    expect(expectDer(node, 'SEQUENCE')).toBe(node)
    const failures: readonly [run: () => unknown, message: string][] = [
      [() => expectDer(node, 'SET'), 'expected SET, found universal tag 16 (offset 0)'],
      [() => expectDer(node, 3), 'expected [3], found universal tag 16 (offset 0)'],
      [() => expectDer(derChild(node, 0), 'BOOLEAN'), 'expected BOOLEAN, found context tag 0 (offset 2)'],
      [() => derChild(node, 1), 'element has no child 1 (offset 0)'],
      [() => derChild(derChild(derChild(node, 0), 0), 0), 'a primitive element has no children (offset 4)'],
    ]
    for (const [run, message] of failures) expect(expectRefusal('ERR_CODEC_DER', run).message).toBe(message)
  })
})

describe('derOid', () => {
  it('reads object identifiers', () => {
    const cases: readonly [hex: string, text: string][] = [
      ['2a864886f70d01010b', '1.2.840.113549.1.1.11'],
      ['2b0601040182370201', '1.3.6.1.4.1.311.2.1'],
      ['550403', '2.5.4.3'],
      ['00', '0.0'],
      ['27', '0.39'],
      ['28', '1.0'],
      ['4f', '1.39'],
      ['50', '2.0'],
      ['883703', '2.999.3'],
    ]
    for (const [contents, text] of cases) expect(derOid(readDer(element(6, unhex(contents))))).toBe(text)
    // 2.25.<UUID>: an arc of 128 bits
    const uuid = '6983ffffffffffffffffffffffffffffffffff7f'
    expect(derOid(readDer(element(6, unhex(uuid))))).toBe(`2.25.${2n ** 128n - 1n}`)
  })

  it('refuses padding, a missing end, nothing, and what is too long', () => {
    for (const contents of ['', '80', '2a80', '2a8001', '8001', '2a86', 'ff'])
      expectRefusal('ERR_CODEC_DER', () => derOid(readDer(element(6, unhex(contents)))))
    const long = new Uint8Array(derOidBytesMax + 1).fill(1)
    expectRefusal('ERR_CODEC_DER', () => derOid(readDer(element(6, long))))
    expect(derOid(readDer(element(6, long.subarray(1))))).toMatch(/^0\.1(\.1){127}$/)
  })
})

describe('derInteger', () => {
  it('reads integers of any size', () => {
    const cases: readonly [hex: string, value: bigint][] = [
      ['00', 0n],
      ['7f', 127n],
      ['0080', 128n],
      ['80', -128n],
      ['ff', -1n],
      ['ff7f', -129n],
      ['ff00', -256n],
      ['00ffffffffffffffffff', 2n ** 72n - 1n],
      ['800000000000000000', -(2n ** 71n)],
    ]
    for (const [contents, value] of cases)
      expect(derInteger(readDer(element(2, unhex(contents))))).toBe(value)
  })

  it('refuses padding, no contents, and other types', () => {
    for (const contents of ['', '0000', '0001', '007f', 'ffff', 'ff80', 'ffffff00'])
      expectRefusal('ERR_CODEC_DER', () => derInteger(readDer(element(2, unhex(contents)))))
    expectRefusal('ERR_CODEC_DER', () => derInteger(readDer(element(10, unhex('01')))))
  })

  it('is small only within ±(2^53-1)', () => {
    expect(derSmallInteger(readDer(element(2, unhex('1fffffffffffff'))))).toBe(Number.MAX_SAFE_INTEGER)
    expect(derSmallInteger(readDer(element(2, unhex('e0000000000001'))))).toBe(Number.MIN_SAFE_INTEGER)
    for (const contents of ['20000000000000', 'e0000000000000', '7fffffffffffffffffff'])
      expectRefusal('ERR_CODEC_DER', () => derSmallInteger(readDer(element(2, unhex(contents)))))
  })
})

describe('derTime', () => {
  const utc = (text: string) => derTime(readDer(element(0x17, ascii(text))))
  const general = (text: string) => derTime(readDer(element(0x18, ascii(text))))

  it('reads both types', () => {
    expect(utc('700101000000Z')).toBe(0)
    expect(utc('491231235959Z')).toBe(Date.UTC(2049, 11, 31, 23, 59, 59))
    expect(utc('500101000000Z')).toBe(Date.UTC(1950, 0, 1))
    expect(utc('000229120000Z')).toBe(Date.UTC(2000, 1, 29, 12))
    expect(general('20260714101112Z')).toBe(Date.UTC(2026, 6, 14, 10, 11, 12))
    expect(general('20500101000000Z')).toBe(Date.UTC(2050, 0, 1))
    expect(general('00010101000000Z')).toBe(Date.parse('0001-01-01T00:00:00Z'))
    expect(general('99991231235959Z')).toBe(Date.UTC(9999, 11, 31, 23, 59, 59))
  })

  it('reads fractions to the millisecond', () => {
    const second = Date.UTC(2026, 0, 1)
    for (const [fraction, ms] of [
      ['5', 500],
      ['05', 50],
      ['123', 123],
      ['999999', 999],
      ['0000001', 0],
      ['57', 570],
    ] as const)
      expect(general(`20260101000000.${fraction}Z`)).toBe(second + ms)
    expect(general('19691231235959.25Z')).toBe(-750)
  })

  it('refuses other forms and times that do not exist', () => {
    for (const text of [
      '',
      '2601010000Z',
      '260101000000',
      '260101000000+0100',
      '260101000000z',
      '260101000000.5Z',
      '260101000000Z ',
      '20260101000000Z',
      '261301000000Z',
      '260001000000Z',
      '260230000000Z',
      '250229000000Z',
      '260100000000Z',
      '260101240000Z',
      '260101006000Z',
      '260101000060Z',
      '2601010000-1Z',
    ])
      expectRefusal('ERR_CODEC_DER', () => utc(text))
    for (const text of [
      '260101000000Z',
      '20260101000000',
      '202601010000Z',
      '20260101000000.Z',
      '20260101000000.50Z',
      '20260101000000.0Z',
      '20260101000000,5Z',
      '20260101000000-0000',
      '20260101000000.5',
      '20260101000000.5ZZ',
      '20260229000000Z',
      '20261231235960Z',
      `20260101000000.${'0'.repeat(60_000)}Z`,
    ])
      expectRefusal('ERR_CODEC_DER', () => general(text))
    expectRefusal('ERR_CODEC_DER', () => derTime(readDer(element(4, ascii('260101000000Z')))))
    expectRefusal('ERR_CODEC_DER', () => derTime(readDer(element(0x97, ascii('260101000000Z')))))
  })
})

describe('other values', () => {
  it('takes TRUE and FALSE in one spelling each', () => {
    expect([derBoolean(readDer(unhex('0101ff'))), derBoolean(readDer(unhex('010100')))]).toEqual([
      true,
      false,
    ])
    for (const text of ['010101', '0100', '0102ffff', '010180'])
      expectRefusal('ERR_CODEC_DER', () => derBoolean(readDer(unhex(text))))
  })

  it('takes bit strings of whole bytes', () => {
    expect(derBitString(readDer(unhex('0303 00abcd')))).toEqual(unhex('abcd'))
    expect(derBitString(readDer(unhex('0301 00')))).toHaveLength(0)
    for (const text of ['0300', '0302 0780', '0302 0800', '030101'])
      expectRefusal('ERR_CODEC_DER', () => derBitString(readDer(unhex(text))))
  })

  it('takes octet strings', () => {
    expect(derOctetString(readDer(unhex('0400')))).toHaveLength(0)
    expectRefusal('ERR_CODEC_DER', () => derOctetString(readDer(unhex('8400'))))
  })
})

describeVectors('DER in the shared vectors', () => {
  const files = readdirSync(vectorPath('attestation'), { recursive: true, encoding: 'utf8' })
  const read = (path: string) => readFileSync(vectorPath(`attestation/${path}`))
  const documents = new Map<string, Uint8Array>()
  for (const path of files.filter((file) => file.endsWith('.der'))) documents.set(path, read(path))
  for (const path of files.filter((file) => file.endsWith('.pem'))) {
    const blocks = read(path)
      .toString()
      .matchAll(/-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END/g)
    let number = 0
    for (const [, base64] of blocks) documents.set(`${path}#${number++}`, Buffer.from(base64!, 'base64'))
  }
  /** Certificates: what Node takes as one. The rest are CRLs and public keys. */
  const certificates = [...documents].flatMap(([path, bytes]) => {
    try {
      return [{ path, bytes, certificate: new X509Certificate(bytes) }]
    } catch {
      return []
    }
  })

  it('finds many', () => {
    expect(documents.size).toBeGreaterThan(50)
    expect(certificates.length).toBeGreaterThan(50)
  })

  it('reads every one and loses no byte', () => {
    for (const [path, bytes] of documents) expect(rewritten(readDer(bytes)), path).toBe(hex(bytes))
  })

  it('reads the same facts from certificates as Node does', () => {
    for (const { path, bytes, certificate } of certificates) {
      const [tbs, algorithm, signature] = readDer(bytes).children()
      const [, serial, inner, , validity, , spki] = expectDer(tbs!, 'SEQUENCE').children()
      expect(derInteger(serial!), path).toBe(BigInt(`0x${certificate.serialNumber}`))
      const [from, to] = validity!.children()
      expect(derTime(from!)).toBe(Date.parse(certificate.validFrom))
      expect(derTime(to!)).toBe(Date.parse(certificate.validTo))
      expect(hex(inner!.raw)).toBe(hex(algorithm!.raw))
      expect(derOid(derChild(inner!, 0))).toMatch(/^1\.2\.840\.(113549\.1\.1\.1[0-2]|10045\.4\.3\.[23])$/)
      expect(hex(spki!.raw)).toBe(hex(certificate.publicKey.export({ type: 'spki', format: 'der' })))
      expect(derBitString(signature!).length).toBeGreaterThan(60)
    }
  })

  it('refuses damaged documents with the one code, or reads them without losing a byte', () => {
    const all = [...documents.values()]
    let read = 0
    for (let round = 0; round < rounds(1_000); round++) {
      const bytes = mutate(all[round % all.length]!)
      try {
        const node = readDer(bytes)
        read++
        if (rewritten(node) !== hex(bytes)) expect(rewritten(node)).toBe(hex(bytes))
        touch(node)
      } catch (error) {
        passRefusal('ERR_CODEC_DER', error)
      }
    }
    expect(read).toBeGreaterThan(20)
  })

  it('refuses noise with the one code', () => {
    for (let round = 0; round < rounds(1_000); round++) {
      const bytes = randomBytes(round % 40)
      try {
        touch(readDer(bytes))
      } catch (error) {
        passRefusal('ERR_CODEC_DER', error)
      }
    }
  })
})

/** Runs every helper on every primitive element; each gives a value or the one error. */
function touch(node: DerNode): void {
  if (node.tag.constructed) {
    node.children().forEach(touch)
    return
  }
  for (const helper of [
    derOid,
    derInteger,
    derSmallInteger,
    derTime,
    derBitString,
    derOctetString,
    derBoolean,
  ]) {
    try {
      helper(node)
    } catch (error) {
      passRefusal('ERR_CODEC_DER', error)
    }
  }
}
