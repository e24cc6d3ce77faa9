// Floats of CBOR in their shortest form (RFC 8949 4.1 and 4.2.1).

/** The whole data item of a float: f9, fa or fb and the shortest form that keeps the value; NaN is f97e00. */
export function cborFloatBytes(value: number): Uint8Array {
  const half = halfBits(value)
  const bytes = new Uint8Array(half !== undefined ? 3 : Math.fround(value) === value ? 5 : 9)
  const view = new DataView(bytes.buffer)
  if (half !== undefined) {
    view.setUint8(0, 0xf9)
    view.setUint16(1, half)
  } else if (bytes.length === 5) {
    view.setUint8(0, 0xfa)
    view.setFloat32(1, value)
  } else {
    view.setUint8(0, 0xfb)
    view.setFloat64(1, value)
  }
  return bytes
}

/** The number that the 16 bits of a half-precision float stand for (IEEE 754 binary16). */
export function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (fraction + 0x400) * 2 ** (exponent - 25))
}

/** The half-precision bits of a number; undefined when it does not fit exactly. */
function halfBits(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  if (view.getFloat32(0) !== value) return undefined
  const single = view.getUint32(0)
  const sign = (single >>> 16) & 0x8000
  const magnitude = Math.abs(value)
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00
  if (magnitude < 2 ** -14) {
    const fraction = magnitude * 2 ** 24 // zero and subnormals
    return Number.isInteger(fraction) ? sign | fraction : undefined
  }
  const exponent = ((single >>> 23) & 0xff) - 127
  if (exponent > 15 || (single & 0x1fff) !== 0) return undefined
  return sign | ((exponent + 15) << 10) | ((single & 0x7fffff) >>> 13)
}
