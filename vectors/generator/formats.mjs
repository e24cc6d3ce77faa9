// Vectors of single formats: files of named inputs, and one row for each of them. Digests are computed here from the
// formats' rules; bytes, texts and positions are written by hand.
import { digest, jcs, leafHash, nodeHash, utf8 } from './primitives.mjs'
import { signatureBlock } from './reissue.mjs'
import { KEY } from './workflows.mjs'

const HASH = (digit) => `sha256:${digit.repeat(64)}`
const refused = (code) => ({ refused: code })

/** name: [input, expected, why] by kind; `base` is an export whose documents are used. */
export function formatCases(base) {
  const evidence = JSON.parse(base['evidence.json'])
  const opening = evidence.binding.opening.document
  const closing = evidence.binding.closing.document
  const workflow = JSON.parse(base['workflow.json'])
  return {
    binding: bindingCases(opening, closing),
    transcript: transcriptCases(),
    workflow: workflowCases(workflow),
    annex: annexCases(base),
    policy: policyCases(),
    cbor: cborCases(),
    'sorted-ascii': sortedAsciiCases(),
    json: jsonCases(),
  }
}

/** Files of inputs below `formats/`, and their rows. */
export function formatVectors(base) {
  const files = {}
  const rows = []
  for (const [kind, cases] of Object.entries(formatCases(base))) {
    const file = `formats/${kind}.json`
    const inputs = Object.entries(cases).map(([name, [input]]) => [name, input])
    files[file] = `${JSON.stringify(Object.fromEntries(inputs), null, 1)}\n`
    for (const [name, [, expected, why]] of Object.entries(cases))
      rows.push({ file, family: 'formats', kind: `tracevar-${kind}`, options: { case: name }, expected, why })
  }
  return { files, rows }
}

/** A window of one or two binding documents under the thumbprint of the first. */
function bindingCases(opening, closing) {
  const window = (...documents) => {
    const leaves = documents.map((document) => leafHash(utf8(jcs(document))))
    const root = leaves.length === 1 ? leaves[0] : nodeHash(...leaves)
    const thumbprint = Buffer.from(documents[0].cnf_thumbprint, 'base64url')
    return [
      documents,
      { digests: documents.map(digest), report_data: Buffer.concat([thumbprint, root]).toString('hex') },
    ]
  }
  const bad = (why, more) => [[{ ...opening, ...more }], refused('ERR_ATTEST_EVIDENCE'), why]
  const { boot_id: _, ...withoutBoot } = opening
  return {
    opening: [...window(opening), 'one document: the root is its leaf'],
    window: [...window(opening, closing), 'opening and closing document: the root is their node'],
    challenged: [
      ...window({ ...opening, challenge: '00'.repeat(16), boot_id: null }),
      'the shortest challenge, no boot id',
    ],
    'no-annex': [
      ...window(opening, { ...closing, annex_head: null, annex_count: 0 }),
      'a chain without annex',
    ],
    'unknown-version': bad('an unknown format', { format: 'tracevar/binding/2' }),
    'unknown-layout': bad('an unknown layout', { layout: 'raw-key-sha256' }),
    'unknown-member': bad('a member that the format does not have', { more: 1 }),
    'missing-member': [[withoutBoot], refused('ERR_ATTEST_EVIDENCE'), 'a member is missing'],
    'usages-out-of-order': bad('key usages in another order', { key_usages: ['record', 'receipt'] }),
    'challenge-short': bad('a challenge of 15 bytes', { challenge: '00'.repeat(15) }),
    'challenge-long': bad('a challenge of 65 bytes', { challenge: '00'.repeat(65) }),
    'challenge-upper-case': bad('a challenge in upper case', { challenge: 'AB'.repeat(16) }),
    'thumbprint-padded': bad('a thumbprint with padding', { cnf_thumbprint: `${opening.cnf_thumbprint}=` }),
    'time-zone': bad('a time that is not in UTC', { issued_at: '2026-01-15T09:00:00.000+01:00' }),
    'day-unknown': bad('a day that the month does not have', { issued_at: '2026-02-30T09:00:00.000Z' }),
    'digest-upper-case': bad('a digest in upper case', { package_digest: `sha256:${'AB'.repeat(32)}` }),
  }
}

function transcriptCases() {
  const of = (receipt_count, annex_count, annex_head, why) => {
    const facts = { annex_count, annex_head, receipt_count, receipts_head: HASH('a') }
    return [facts, { hash: digest(facts) }, why]
  }
  return {
    'with-annex': of(7, 2, HASH('b'), 'receipts and annex rows'),
    'without-annex': of(2, 0, null, 'an empty annex: its head is null'),
    large: of(Number.MAX_SAFE_INTEGER, 1, HASH('b'), 'the largest count that is exact'),
  }
}

function workflowCases(document) {
  const good = (why, more) => [{ ...document, ...more }, { digest: digest({ ...document, ...more }) }, why]
  const bad = (why, more) => [{ ...document, ...more }, refused('ERR_RECORD_INVALID'), why]
  const { agent_version: _, ...withoutAgent } = document
  const withMembers = (name, more) => ({ [name]: { ...document[name], ...more } })
  return {
    base: good('the document of exports/base'),
    spiffe: good('a SPIFFE id as subject', { subject: 'spiffe://example.com/agents/a' }),
    'non-ascii': good('text outside ASCII', {
      agent_version: 'β-😀',
      ...withMembers('model', { model_id: 'модель' }),
    }),
    'model-facts': good(
      'all facts about the model',
      withMembers('model', { version: '1', weights_digest: HASH('c') }),
    ),
    'no-catalogue': good('no tool was declared', { catalogue_digest: null }),
    process: good('isolation process', { isolation: 'process' }),
    'unknown-version': bad('an unknown format', { format: 'tracevar/workflow/2' }),
    'unknown-transcript': bad('an unknown construction of the transcript', {
      transcript_method: 'tracevar/transcript/2',
    }),
    'unknown-member': bad('a member that the format does not have', { more: 1 }),
    'missing-member': [withoutAgent, refused('ERR_RECORD_INVALID'), 'a member is missing'],
    'subject-without-path': bad('a SPIFFE id without a path', { subject: 'spiffe://example.com' }),
    'slsa-4': bad('an SLSA level that there is not', withMembers('build_provenance', { slsa_level: 4 })),
    'digest-short': bad('a digest that is too short', { opening_evidence: 'sha256:00' }),
    'isolation-unknown': bad('an unknown isolation', { isolation: 'vm' }),
    'time-source-empty': bad('an empty text', { time_source: '' }),
  }
}

/** One row, signed by the key of exports/base; `change` alters it before it is signed, `after` when it is. */
function annexCases(base) {
  const first = JSON.parse(base['annex.ndjson'].split('\n')[0])
  const { signature: _, ...unsigned } = first
  const rowOf = (change, after = (row) => row) => {
    const row = { ...unsigned, ...change }
    return after({ ...row, signature: signatureBlock(row, KEY) })
  }
  const of = (row, status, codes, why) => {
    const { signature: __, ...payload } = row
    const expected = { payload: digest(payload), hash: digest(row), status, codes }
    return [{ public_key: KEY.publicKey.toString('hex'), row }, expected, why]
  }
  const { about, format } = unsigned
  const facts = (kind, more) => {
    const row = { format, about, seq: 0, prev: null, kind, ...more }
    return { ...row, signature: signatureBlock(row, KEY) }
  }
  const at = '2026-01-15T09:00:00.000Z'
  return {
    'raw-digests': of(first, 'PASS', [], 'the first row of exports/base'),
    'no-response': of(rowOf({ response: null }), 'PASS', [], 'a call without a response'),
    forwarded: of(facts('forwarded', { at }), 'PASS', [], 'the call left for the server'),
    note: of(facts('note', { text: 'é😀\u2028' }), 'PASS', [], 'words outside ASCII'),
    'clock-jump': of(facts('clock_jump', { jump_ms: -600000 }), 'PASS', [], 'the clock was set back'),
    modify: of(
      facts('modify', { before: HASH('a'), after: HASH('b'), reason: 'r' }),
      'PASS',
      [],
      'the arguments were changed',
    ),
    erasure: of(
      facts('erasure', { erased_digest: HASH('a'), reason: 'r', at }),
      'PASS',
      [],
      'content was erased',
    ),
    'unknown-kind': of(
      facts('future', { any: { thing: [1] } }),
      'PASS',
      ['ANNEX_KIND_UNKNOWN'],
      'an unknown kind is signed, but not interpreted',
    ),
    'unknown-version': of(
      rowOf({ format: 'tracevar/annex/2' }),
      'FAIL',
      ['ANNEX_MALFORMED'],
      'an unknown format',
    ),
    'unknown-member': of(
      rowOf({ more: 1 }),
      'FAIL',
      ['ANNEX_MALFORMED'],
      'a fact that the kind does not have',
    ),
    'wrong-type': of(rowOf({ request: 1 }), 'FAIL', ['ANNEX_MALFORMED'], 'a digest that is a number'),
    'wrong-seq': of(rowOf({ seq: 1 }), 'FAIL', ['ANNEX_SEQUENCE_ERROR'], 'the first row has number 1'),
    'wrong-prev': of(
      rowOf({ prev: HASH('a') }),
      'FAIL',
      ['ANNEX_HASH_MISMATCH'],
      'the first row has one before it',
    ),
    changed: of(
      rowOf({}, (row) => ({ ...row, response: null })),
      'FAIL',
      ['ANNEX_SIGNATURE_INVALID'],
      'changed after it was signed',
    ),
    unsigned: of({ ...unsigned, signature: null }, 'FAIL', ['ANNEX_SIGNATURE_INVALID'], 'no signature'),
  }
}

function policyCases() {
  const of = (policy, why) => [policy, { hash: digest(policy) }, why]
  const rule = { tool: 'read_note', decision: 'ALLOW', reason: 'r', blast_radius: 'LOW', reversible: true }
  const condition = (value) => ({ ...rule, params: { conditions: [{ field: 'amount', op: 'gt', value }] } })
  return {
    empty: of({ default: 'BLOCK', rules: [] }, 'no rules'),
    order: of(
      {
        rules: [{ reversible: true, tool: 'a', reason: 'r', decision: 'BLOCK', blast_radius: 'LOW' }],
        default: 'ALLOW',
      },
      'the order of members does not count',
    ),
    'rule-order': of(
      {
        default: 'ALLOW',
        rules: [
          { ...rule, tool: 'b' },
          { ...rule, tool: 'a' },
        ],
      },
      'the order of rules does',
    ),
    numbers: of(
      { default: 'BLOCK', rules: [condition(1e21), condition(0.1), condition(-0), condition(1e-7)] },
      'numbers as RFC 8785 writes them',
    ),
    'non-ascii': of(
      { default: 'BLOCK', rules: [{ ...rule, tool: 'ﬃ-😀', reason: '\u007f\u2028"\\' }] },
      'text outside ASCII is not escaped',
    ),
  }
}

/** Deterministic CBOR (RFC 8949 4.2.1). Values in the notation that the README explains. */
function cborCases() {
  const pair = (hex, value, why, more) => [{ hex, ...more }, { value, encoded: hex }, why]
  const floats = { floats: 'allow' }
  const bad = (hex, why, more) => [{ hex, ...more }, refused('ERR_CODEC_CBOR'), why]
  return {
    zero: pair('00', { int: '0' }, 'integer 0'),
    'one-byte': pair('17', { int: '23' }, 'the last integer in the head'),
    'two-bytes': pair('1818', { int: '24' }, 'the first integer beside the head'),
    'two-bytes-last': pair('18ff', { int: '255' }, 'the last of one byte'),
    'three-bytes': pair('190100', { int: '256' }, 'the first of two bytes'),
    'five-bytes': pair('1a00010000', { int: '65536' }, 'the first of four bytes'),
    'nine-bytes': pair('1b0000000100000000', { int: '4294967296' }, 'the first of eight bytes'),
    'unsigned-last': pair('1bffffffffffffffff', { int: '18446744073709551615' }, 'the last of eight bytes'),
    'minus-one': pair('20', { int: '-1' }, 'the first negative integer'),
    'negative-last': pair(
      '3bffffffffffffffff',
      { int: '-18446744073709551616' },
      'the last negative integer',
    ),
    bignum: pair('c249010000000000000000', { int: '18446744073709551616' }, 'the first bignum'),
    text: pair('6461c3a962', { text: 'aéb' }, 'text is UTF-8, its length counts bytes'),
    bytes: pair('4200ff', { bytes: '00ff' }, 'a byte string'),
    words: pair('84f4f5f6f7', { array: [false, true, null, { undefined: true }] }, 'the four words'),
    'map-order': pair(
      'a30a012002616103',
      {
        map: [
          [{ int: '10' }, { int: '1' }],
          [{ int: '-1' }, { int: '2' }],
          [{ text: 'a' }, { int: '3' }],
        ],
      },
      'keys in the order of their encodings: 0a, 20, 6161',
    ),
    tag: pair('d818420000', { tag: '24', value: { bytes: '0000' } }, 'a tag'),
    simple: pair('f0', { simple: 16 }, 'a simple value without a meaning'),
    'simple-two-bytes': pair('f8ff', { simple: 255 }, 'a simple value beside the head'),
    'float-half': pair('f93e00', { float: '1.5' }, 'a float in its shortest form', floats),
    'float-single': pair('fa47c35000', { float: '100000' }, 'a float that needs four bytes', floats),
    'float-double': pair('fb3ff199999999999a', { float: '1.1' }, 'a float that needs eight bytes', floats),
    'float-nan': pair('f97e00', { float: 'NaN' }, 'the one NaN', floats),
    'float-minus-zero': pair('f98000', { float: '-0' }, 'minus zero is a float', floats),
    'refused-float': bad('f93e00', 'floats have no place in signed bodies'),
    'refused-long-integer': bad('1817', 'an integer that fits into the head'),
    'refused-long-length': bad('780161', 'a length that fits into the head'),
    'refused-long-float': bad('fa3fc00000', 'a float that fits into two bytes', floats),
    'refused-other-nan': bad('f97e01', 'another NaN', floats),
    'refused-indefinite-array': bad('9f00ff', 'an array without a length'),
    'refused-indefinite-text': bad('7f6161ff', 'a text in pieces'),
    'refused-map-order': bad('a2616200616100', 'map keys out of order'),
    'refused-map-twice': bad('a2616100616101', 'a map key twice'),
    'refused-utf8': bad('61ff', 'text that is not UTF-8'),
    'refused-surrogate': bad('63eda080', 'a surrogate in text'),
    'refused-trailing': bad('0000', 'bytes after the item'),
    'refused-empty': bad('', 'no item'),
    'refused-truncated': bad('8200', 'an array that ends too early'),
    'refused-length-beyond': bad('5bffffffffffffffff', 'a length far beyond the bytes'),
    'refused-reserved-head': bad('1c', 'a reserved head'),
    'refused-break': bad('ff', 'a break outside of anything'),
    'refused-simple-spelling': bad('f815', 'true in another spelling'),
    'refused-bignum-small': bad('c24101', 'a bignum that fits an integer'),
    'refused-depth': bad(`${'81'.repeat(65)}00`, 'deeper than 64'),
  }
}

/** Python's json.dumps(sort_keys=True, separators=(',', ':'), ensure_ascii=True). */
function sortedAsciiCases() {
  const of = (value, text, why) => [value, { text }, why]
  return {
    order: of({ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}', 'members are sorted'),
    'code-points': of(
      { '\u{1f600}': 1, '\ufb33': 2 },
      '{"\\ufb33":2,"\\ud83d\\ude00":1}',
      'by code points, not by UTF-16 units',
    ),
    prefix: of({ ab: 1, a: 2, '': 3 }, '{"":3,"a":2,"ab":1}', 'a prefix comes first'),
    escapes: of(
      '"\\\b\f\n\r\t\u0000\u001f/',
      '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/"',
      'the short escapes, then lower-case hex',
    ),
    delete: of('~\u007f\u0080é', '"~\\u007f\\u0080\\u00e9"', 'all above U+007E is escaped'),
    integers: of([0, -1, 9007199254740991], '[0,-1,9007199254740991]', 'integers up to 2^53-1'),
    empty: of([{}, []], '[{},[]]', 'nothing inside'),
    'refused-fraction': [[1.5], refused('ERR_CODEC_NOT_CANONICALIZABLE'), 'a number that is no integer'],
    'refused-large': [[1e21], refused('ERR_CODEC_NOT_CANONICALIZABLE'), 'an integer beyond 2^53-1'],
  }
}

/** Strict JSON (DESIGN decision 2): base64 of the text; offset, line and column count from 0, 1 and 1. */
function jsonCases() {
  const base64 = (text) => utf8(text).toString('base64')
  const ok = (text, why) => [base64(text), { accepted: true }, why]
  const bad = (text, code, offset, line, column, why) => [
    typeof text === 'string' ? base64(text) : text.toString('base64'),
    { refused: `ERR_CODEC_JSON_${code}`, offset, line, column },
    why,
  ]
  return {
    blanks: ok(' \t\r\n{ "a" : [ 1 , 2 ] } \n', 'blanks around everything'),
    numbers: ok('[0,-0,1e5,1E+2,1.25,-9007199254740991]', 'numbers of every spelling'),
    'same-name-apart': ok('[{"a":1},{"a":2}]', 'the same name in two objects'),
    'escaped-pair': ok('"\\ud83d\\ude00"', 'a surrogate pair as escapes'),
    'depth-64': ok('['.repeat(64) + ']'.repeat(64), 'the deepest nesting'),
    empty: bad('', 'SYNTAX', 0, 1, 1, 'no value'),
    'byte-order-mark': bad('\ufeff{}', 'SYNTAX', 0, 1, 1, 'a byte order mark'),
    'not-utf8': bad(Buffer.from('22ff22', 'hex'), 'UNICODE', 0, 1, 1, 'bytes that are not UTF-8'),
    'lone-surrogate': bad('["ok","\\ud83d"]', 'UNICODE', 6, 1, 7, 'half of a surrogate pair'),
    'surrogates-exchanged': bad(
      '"\\ude00\\ud83d"',
      'UNICODE',
      0,
      1,
      1,
      'a surrogate pair in the wrong order',
    ),
    'name-twice': bad('{"a":1,\n "a":2}', 'DUPLICATE_NAME', 9, 2, 2, 'a name twice'),
    'name-twice-escaped': bad(
      '{"a":1,"\\u0061":2}',
      'DUPLICATE_NAME',
      7,
      1,
      8,
      'a name twice, once as an escape',
    ),
    'name-twice-proto': bad(
      '{"__proto__":1,"__proto__":2}',
      'DUPLICATE_NAME',
      15,
      1,
      16,
      'a name twice that JavaScript treats specially',
    ),
    'integer-beyond': bad('[9007199254740992]', 'UNSAFE_NUMBER', 1, 1, 2, '2^53'),
    'integer-beyond-exponent': bad(
      '{"a":1e16}',
      'UNSAFE_NUMBER',
      5,
      1,
      6,
      'an integer beyond 2^53-1 in another spelling',
    ),
    overflow: bad('1e400', 'UNSAFE_NUMBER', 0, 1, 1, 'a number that no double holds'),
    trailing: bad('{} {}', 'SYNTAX', 3, 1, 4, 'something after the value'),
    'trailing-comma': bad('[1,]', 'SYNTAX', 3, 1, 4, 'a comma without a value'),
    'member-comma': bad('{"a":1,}', 'SYNTAX', 7, 1, 8, 'a comma without a member'),
    'leading-zero': bad('01', 'SYNTAX', 1, 1, 2, 'a number with a leading zero'),
    'plus-sign': bad('+1', 'SYNTAX', 0, 1, 1, 'a number with a plus sign'),
    'no-fraction': bad('1.', 'SYNTAX', 1, 1, 2, 'a point without digits'),
    nan: bad('NaN', 'SYNTAX', 0, 1, 1, 'a word of JavaScript'),
    comment: bad('/**/1', 'SYNTAX', 0, 1, 1, 'a comment'),
    'single-quotes': bad("'a'", 'SYNTAX', 0, 1, 1, 'single quotes'),
    'control-character': bad('"a\nb"', 'SYNTAX', 2, 1, 3, 'a line break in a string'),
    'unknown-escape': bad('"a\\x"', 'SYNTAX', 2, 1, 3, 'an escape that JSON does not have'),
    'short-escape': bad('"\\u12"', 'SYNTAX', 1, 1, 2, 'an escape with two digits'),
    'string-without-end': bad('"abc', 'SYNTAX', 4, 1, 5, 'a string without an end'),
    'array-without-end': bad('[1,\n2', 'SYNTAX', 5, 2, 2, 'an array without an end'),
    'depth-65': bad('['.repeat(65) + ']'.repeat(65), 'DEPTH', 64, 1, 65, 'nested too deeply'),
  }
}
