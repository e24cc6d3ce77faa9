// Finds where a kernel stores a selected table entry to memory, in its disassembly. A host of a confidential machine sees
// ciphertext: an entry at a fixed address has few values, and equal ones look equal, which tells digits of the scalar.
//
// How: in each function that multiplies the base point, instruction by instruction in order of address, which vector
// registers hold a limb of a selected entry. Sources are permutations and masked loads whose memory operand is the
// table (not the stack). Whatever is made from such a register is selected too, until it is multiplied: products have a
// random projective coordinate in them. Stores of selected registers are what is reported. Wrong reports are possible
// where a branch goes back (there are none for a loop that loads what it needs); missed ones, where a selected value
// passes through a general register or a call.
import { execFileSync } from 'node:child_process'

const FUNCTIONS = /multiply_base_(groups|spread)/
/** Their result is a product, or an accumulator of products. */
const PRODUCT = /^v(pmadd52|pmuludq|pmuldq|mulpd|fn?m(add|sub))/
const SELECTION = /^(vpermt2|vpermi2|vpermd|vpermq|vpermpd|vandpd|vandps|vpand|vmovdqa|vmovdqu|vmovap|vmovup)/
/** Operations that also read what is in their destination. */
const READS_DESTINATION = /^v(permt2|permi2|pternlog|pinsr)/

/**
 * @param object path of an object file.
 * @returns `[{function, stores, selections}]`: instructions that store a selected register; how many selections there
 * were, which is 0 where this program does not understand the function.
 */
export function spilledSelections(object) {
  const text = execFileSync('objdump', ['-d', '--no-show-raw-insn', '-C', object], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const found = []
  for (const block of text.split(/\n\n+/)) {
    const name = /^[0-9a-f]+ <(.*)>:/m.exec(block)?.[1]
    if (name === undefined || !FUNCTIONS.test(name)) continue
    found.push({ function: name.replace(/\(.*/, '').trim() || name, ...follow(block) })
  }
  return found
}

function follow(block) {
  const selected = new Set()
  const stores = []
  let selections = 0
  for (const line of block.split('\n')) {
    const parsed = /^\s*([0-9a-f]+):\s+(v\S+)\s+(.*?)\s*$/.exec(line)
    if (parsed === null) continue
    const [, address, mnemonic, text] = parsed
    const operands = text.split(/,(?![^(]*\))/)
    const destination = operands.at(-1)
    const sources = operands.slice(0, -1).flatMap(registersOf)
    if (destination.includes('(')) {
      if (sources.some((register) => selected.has(register))) stores.push(`${address}: ${mnemonic} ${text}`)
      continue
    }
    const [target] = registersOf(destination)
    if (target === undefined) continue
    const isMerging = /\{%k[1-7]\}/.test(destination) && !destination.includes('{z}')
    if (READS_DESTINATION.test(mnemonic) || isMerging) sources.push(target)
    const isSelection = SELECTION.test(mnemonic) && isTable(operands, mnemonic, destination)
    if (isSelection) selections++
    if (PRODUCT.test(mnemonic)) selected.delete(target)
    else if (isSelection || sources.some((register) => selected.has(register))) selected.add(target)
    else selected.delete(target)
  }
  return { stores, selections }
}

/** A read of memory that is neither the stack nor a constant, by digits: permuted by a register, or under a mask. */
function isTable(operands, mnemonic, destination) {
  const memory = operands.find((operand) => operand.includes('('))
  if (memory === undefined || /%r(sp|bp|ip)/.test(memory)) return false
  return !mnemonic.startsWith('vmov') || destination.includes('{')
}

/** Numbers of the vector registers of an operand. */
function registersOf(operand) {
  return [...operand.matchAll(/%[xyz]mm(\d+)/g)].map(([, number]) => Number(number))
}
