// The control packs by id (VAR 1.19). Facts are VAR's; the words of the reasons are ours.
import { PolicyLoadError } from '../errors.js'
import { deepFreeze } from './freeze.js'
import { achAccountAllowlist, achEnforce } from './packs/ach.js'
import { awsS3Enforce } from './packs/aws-s3.js'
import { euAiActEnforce } from './packs/eu-ai-act.js'
import { gdprEnforce } from './packs/gdpr.js'
import { githubEnforce } from './packs/github.js'
import { hipaaEnforce } from './packs/hipaa.js'
import { iso27001Enforce } from './packs/iso27001.js'
import { openclawEnforce } from './packs/openclaw.js'
import type { SchemaPack } from './packs/pack-rule.js'
import { soc2Enforce } from './packs/soc2.js'
import { pciDssStripe, stripeBeneficiary, stripeEnforce } from './packs/stripe.js'
import { terraformEnforce } from './packs/terraform.js'
import { upiEnforce, upiVpaAllowlist } from './packs/upi.js'

const PACKS = {
  'stripe/enforce': stripeEnforce,
  'github/enforce': githubEnforce,
  'aws-s3/enforce': awsS3Enforce,
  'pci-dss/stripe': pciDssStripe,
  'terraform/enforce': terraformEnforce,
  'eu-ai-act/enforce': euAiActEnforce,
  'hipaa/enforce': hipaaEnforce,
  'soc2/enforce': soc2Enforce,
  'gdpr/enforce': gdprEnforce,
  'iso27001/enforce': iso27001Enforce,
  'stripe/beneficiary': stripeBeneficiary,
  'upi/enforce': upiEnforce,
  'upi/vpa-allowlist': upiVpaAllowlist,
  'ach/enforce': achEnforce,
  'ach/account-allowlist': achAccountAllowlist,
  'openclaw/enforce': openclawEnforce,
}

export type PackId = keyof typeof PACKS
export type { SchemaPack }

/** Every pack by id; frozen. */
export const SCHEMA_PACKS: Readonly<Record<PackId, SchemaPack>> = deepFreeze(PACKS)

/** The pack of an id. Only own names count (VAR W-17). @throws PolicyLoadError `ERR_POLICY_PACK_UNKNOWN` */
export function resolveSchemaPack(id: string): SchemaPack {
  if (!isPackId(id)) {
    throw new PolicyLoadError(
      'ERR_POLICY_PACK_UNKNOWN',
      `Unknown schema pack ${JSON.stringify(id)}; known: ${Object.keys(SCHEMA_PACKS).join(', ')}`,
    )
  }
  return SCHEMA_PACKS[id]
}

/** True for the id of a pack. */
export function isPackId(id: string): id is PackId {
  return Object.hasOwn(SCHEMA_PACKS, id)
}
