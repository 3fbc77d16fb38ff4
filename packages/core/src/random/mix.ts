/**
 * Integer mixing for keys of calls and streams: the 32-bit finalizer of MurmurHash3 (Appleby, public domain), applied
 * to the sum of the first key and a Weyl-sequence multiple of the second.
 */

/** Mixes two integers into one unsigned 32-bit integer. */
export function mix(a: number, b: number): number {
  let h = (a + Math.imul(b, 0x9e3779b1)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** FNV-1a over the UTF-16 code units of `text`, finished by {@link mix}: an unsigned 32-bit integer. */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h, text.length)
}

/** Uniform in [0, 1) with 53 bits from a key and a purpose. */
export function uniform(key: number, purpose: number): number {
  const high = mix(key, purpose)
  const low = mix(high ^ 0x5bf03635, purpose)
  return ((high >>> 5) * 67108864 + (low >>> 6)) / 9007199254740992
}
