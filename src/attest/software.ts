// The platform of a machine without hardware evidence. Its "report" repeats what it was given and says that nothing
// vouches for it, so everything above works the same and claims nothing.
import { hexDecode, hexEncode } from '../codec/hex.js'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { SOFTWARE_EVIDENCE_FORMAT } from '../formats.js'
import { is, isHex, isSha256, type MemberTests, orNull, requireMembers } from './members.js'
import type { Platform } from './platform.js'

const STATEMENT = 'Nothing vouches for this: it was written by the software it describes.'

const REPORT: MemberTests = {
  format: is(SOFTWARE_EVIDENCE_FORMAT),
  platform: is('software-only'),
  report_data: orNull(isHex(64)), // null is read so that its refusal can name the missing field
  measurement: isSha256,
  statement: is(STATEMENT),
}

/** `software-only`: measurement is the package digest; grade `software-only` at best. */
export const softwarePlatform: Platform = {
  id: 'software-only',
  grade: 'software-only',
  limitation: 'software evidence: no hardware vouches for key, measurement or time',

  async collect(reportData, packageDigest) {
    const raw = jcsBytes({
      format: SOFTWARE_EVIDENCE_FORMAT,
      platform: 'software-only',
      report_data: hexEncode(reportData),
      measurement: packageDigest,
      statement: STATEMENT,
    })
    return { raw, certificates: [], collateral: {} }
  },

  parse(raw) {
    const report = parseJson(raw)
    requireMembers(report, REPORT, 'software evidence')
    const { report_data, measurement } = report
    return {
      reportData: typeof report_data === 'string' ? hexDecode(report_data) : null,
      measurement: String(measurement),
    }
  },
}
