/**
 * A body as text, such that different bodies have different texts: each kind of value has a sign of its own, where JSON
 * has `null` for NaN and `{}` for a map. The order of an object's keys is no difference.
 *
 * Undefined for what cannot be compared by its content (streams, instances of classes, functions), goes too deep, or is
 * longer than a key is worth.
 */
export const MAX_TEXT = 8_192
const MAX_DEPTH = 32

export function bodyText(body: unknown): string | undefined {
  const pieces: string[] = []
  const room = { left: MAX_TEXT }
  return write(body, pieces, room, MAX_DEPTH) ? pieces.join('') : undefined
}

function write(value: unknown, pieces: string[], room: { left: number }, depth: number): boolean {
  const put = (piece: string): boolean => {
    pieces.push(piece)
    room.left -= piece.length
    return room.left >= 0
  }
  switch (typeof value) {
    case 'string':
      return value.length <= room.left && put(JSON.stringify(value))
    case 'number':
      return put(Object.is(value, -0) ? '-0' : String(value))
    case 'bigint':
      return put(`${value}n`)
    case 'boolean':
    case 'undefined':
      return put(String(value))
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return put('null')
  if (depth === 0) return false
  if (Array.isArray(value)) {
    put('[')
    for (const item of value) if (!write(item, pieces, room, depth - 1) || !put(',')) return false
    return put(']')
  }
  if (Object.prototype.toString.call(value) === '[object Uint8Array]') {
    const bytes = value as Uint8Array
    return bytes.length * 2 <= room.left && put(`#${Array.from(bytes, hex).join('')}`)
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false
  if (Object.prototype.toString.call(value) !== '[object Object]') return false
  put('{')
  for (const name of Object.keys(value).sort()) {
    if (!put(`${JSON.stringify(name)}:`)) return false
    if (!write((value as { [name: string]: unknown })[name], pieces, room, depth - 1) || !put(',')) return false
  }
  return put('}')
}

function hex(byte: number): string {
  return (byte < 16 ? '0' : '') + byte.toString(16)
}
