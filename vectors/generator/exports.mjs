// The export directories and their rows in index.json.
import { ABSENT, HARMLESS, TOLD } from './harmless.mjs'
import { MISISSUED, VERSIONS } from './misissued.mjs'
import { jwks } from './primitives.mjs'
import { reissue } from './reissue.mjs'
import { TAMPERED } from './tampered.mjs'
import { KEY, NEXT_KEY, runWorkflow, WORKFLOWS } from './workflows.mjs'
import { NOW_SEC } from './world.mjs'

/** Key files that a verifier is given. */
const KEYS = { first: [KEY], next: [NEXT_KEY], both: [KEY, NEXT_KEY] }

/** Changes to `base`, or to the vector that `from` names, by family. */
const FAMILIES = {
  tampered: TAMPERED,
  version: VERSIONS,
  misissued: MISISSUED,
  absent: ABSENT,
  harmless: HARMLESS,
  told: TOLD,
}

/** Everything that lies in `exports/` and `keys/`, and the rows that judge it. */
export async function exportVectors() {
  const made = {}
  const rows = []
  for (const [name, { same, why, world, options, expect }] of Object.entries(WORKFLOWS)) {
    if (same === undefined) made[name] = await runWorkflow(name)
    rows.push(
      row({
        name: same ?? name,
        family: 'workflows',
        keys: world?.key ? 'both' : 'first',
        options,
        from: same,
        why,
        expect,
      }),
    )
  }
  const again = reissue(made.base)
  for (const [name, text] of Object.entries(made.base))
    if (again[name] !== text) throw new Error(`reissue: ${name} is not what the runtime wrote`)
  for (const [family, flaws] of Object.entries(FAMILIES)) {
    for (const [name, vector] of Object.entries(flaws)) {
      const { why, from = 'base', same = 'base', keys, edit, options, ...expect } = vector
      if (edit !== undefined) made[name] = reissue(made.base, edit)
      const told = typeof options === 'function' ? options(made.base) : options
      rows.push(
        row({ name: edit === undefined ? same : name, family, keys, from, options: told, why, expect }),
      )
    }
  }
  return { base: made.base, files: filesOf(made), rows }
}

function filesOf(made) {
  const files = {}
  for (const [name, keys] of Object.entries(KEYS)) files[`keys/${name}.jwks`] = jwks(...keys)
  for (const [name, content] of Object.entries(made))
    for (const [file, text] of Object.entries(content)) files[`exports/${name}/${file}`] = text
  return files
}

function row({ name, family, keys = 'first', from, options = {}, why, expect = {} }) {
  return {
    file: `exports/${name}`,
    family: `exports/${family}`,
    kind: 'tracevar-export',
    options: { keys: `keys/${keys}.jwks`, now: NOW_SEC, ...options },
    expected: expectation(expect),
    ...(from && { from: `exports/${from}` }),
    why,
  }
}

const AXES = ['annex', 'workflow', 'policy', 'record', 'evidence']

/**
 * What the verifier must say, from what is different from an export in which everything holds. `failures` and
 * `warnings` are codes of findings and `axis.check`, all of them; `missing` are axes that nothing is said about, since
 * their file is not there; `open`: the chain has no end.
 */
function expectation({
  failures = [],
  warnings = [],
  notes = [],
  missing = [],
  not_checked,
  open = false,
  annex = 'PASS',
  L1 = 'PASS',
}) {
  const axisOf = (failure) =>
    failure.match(/^([a-z]+)\./)?.[1] ?? (failure.startsWith('ANNEX_') ? 'annex' : layerOf(failure))
  const failed = new Set(failures.map(axisOf))
  const warned = new Set(warnings.map((warning) => warning.split('.')[0]))
  // Software evidence is worth no tick (DESIGN decision 10).
  const held = {
    L1,
    L2: 'PASS',
    annex,
    workflow: 'PASS',
    policy: 'PASS',
    record: 'PASS',
    evidence: 'WARN',
  }
  const status = (axis) => {
    // One check of the policy needs no file, so that this axis is always there.
    if (missing.includes(axis)) return axis === 'policy' ? 'SKIPPED' : null
    return failed.has(axis) ? 'FAIL' : warned.has(axis) ? 'WARN' : held[axis]
  }
  return {
    exit_code: failures.length > 0 ? 1 : open ? 2 : 0,
    ...Object.fromEntries(['L1', 'L2', ...AXES].map((axis) => [axis, status(axis)])),
    complete: !open,
    failures: [...failures].sort(),
    warnings: [...warnings].sort(),
    notes,
    missing,
    ...(not_checked && { not_checked }),
  }
}

const L1_CODES = ['L1_INVALID', 'SIG_ENCODING', 'KEY_ID_UNKNOWN', 'MALFORMED_LINE', 'DUPLICATE_JSON_KEY']

function layerOf(code) {
  return L1_CODES.includes(code) ? 'L1' : 'L2'
}
