// Whatever comes in is a value or an error of a kind we know; nothing else happens. A second a decoder as part of the
// tests, a minute with `pnpm fuzz`.
import { env } from 'node:process'
import { isConfigError } from '@seakeep/core'
import { formatTimeout, parseTimeout } from '@seakeep/core/spi'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readBody } from '../src/answer-body.ts'
import { preferred, readMsgpack, writeMsgpack } from '../src/body-codec.ts'

const SECONDS = Number(env.FUZZ_SECONDS ?? 1)
const options = {
  numRuns: SECONDS > 1 ? 1e9 : 3000,
  interruptAfterTimeLimit: SECONDS * 1000,
  markInterruptAsFailure: false,
}
const it_ = (name: string, run: () => void): void => it(name, { timeout: SECONDS * 1000 + 60_000 }, run)

/** Random bytes rarely are nearly right: half of what is tried is a good message with some bytes changed. */
const nearly = fc
  .tuple(fc.json(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([text, changes]) => {
    const bytes = writeMsgpack(JSON.parse(text)).slice()
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return bytes
  })
const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), nearly)

it_('msgpack', () => {
  fc.assert(
    fc.property(bytes, (message) => {
      try {
        readMsgpack(message)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }),
    options,
  )
})

it_('bodies of answers, whatever they call themselves', () => {
  const type = fc.oneof(
    fc.constantFrom('application/json', 'application/msgpack', 'text/plain; charset=x', 'application/problem+json', ''),
    fc.string(),
  )
  fc.assert(
    fc.property(bytes, type, fc.option(fc.string(), { nil: undefined }), (message, contentType, encoding) => {
      const headers = {
        'content-type': contentType,
        ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      }
      try {
        readBody(Buffer.from(message), headers)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(isConfigError(error)).toBe(false)
      }
    }),
    options,
  )
})

it_('timeouts of requests', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{0,10}[HMSmunx]?$/)), (text) => {
      const ms = parseTimeout(text)
      expect(ms === undefined || ms >= 0).toBe(true)
    }),
    options,
  )
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (leftMs) => {
      expect(parseTimeout(formatTimeout(leftMs)) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(leftMs)
    }),
    options,
  )
})

it_('what a reader accepts', () => {
  const part = fc
    .tuple(fc.constantFrom('application/msgpack', 'application/json', '*/*', 'q'), fc.string())
    .map((two) => two.join(';q='))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join(',')),
      ),
      (accept) => {
        expect(['json', 'msgpack']).toContain(preferred(accept))
      },
    ),
    options,
  )
})
