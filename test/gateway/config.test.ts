import { describe, expect, it } from 'vitest'
import { parseGatewayConfig } from '../../src/gateway/config.js'

const parse = (text: string) => parseGatewayConfig(new TextEncoder().encode(text), 'tracevar.yaml')

describe('tracevar.yaml', () => {
  it('reads every member', () => {
    const config = parse(
      [
        'format: tracevar/config/1',
        'policy: ./policy.yaml',
        'data: ./data',
        'mode: enforce',
        'agent_id: a',
        'initiator_id: i',
        'workflow_owner: o',
        'key_id: k',
        'server: [node, server.js]',
        'pass_env: [TOKEN]',
      ].join('\n'),
    )
    expect(config).toEqual({
      policy: './policy.yaml',
      data: './data',
      mode: 'enforce',
      agentId: 'a',
      initiatorId: 'i',
      workflowOwner: 'o',
      keyId: 'k',
      server: ['node', 'server.js'],
      passEnv: ['TOKEN'],
    })
  })

  it.each([
    ['policy: x', 'format: expected tracevar/config/1'],
    ['format: tracevar/config/2', 'format: expected tracevar/config/1'],
    ['format: tracevar/config/1\nspeed: 9', 'member "speed" is unknown'],
    ['format: tracevar/config/1\n__proto__: 9', 'member "__proto__" is unknown'],
    ['format: tracevar/config/1\nmode: attest', 'mode: expected observe or enforce'],
    ['format: tracevar/config/1\nserver: []', 'server: expected a list'],
    ['format: tracevar/config/1\nformat: tracevar/config/1', 'line 2'],
    ['- a', 'expected a mapping'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'ERR_GATEWAY_CONFIG', message: expect.stringContaining(message) }),
    )
  })
})
