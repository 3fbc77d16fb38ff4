import { Buffer } from 'node:buffer'
import { isConfigError } from '@seakeep/core'
import { connectionFaultOf } from '@seakeep/core/spi'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzzed, nearly, refusesBy } from '../../../tools/fuzz/fuzzed.ts'
import { readBody } from '../src/answer-body.ts'
import { preferred, readMsgpack, writeMsgpack } from '../src/body-codec.ts'

const bytes = nearly(fc.json().map((text) => writeMsgpack(JSON.parse(text))))
const isError = (error: unknown): boolean => error instanceof Error && !isConfigError(error)

fuzzed('msgpack', [bytes], (message) => refusesBy(() => readMsgpack(message), isError))

fuzzed(
  'bodies of answers, whatever they call themselves (JSON, problem+json, msgpack, text)',
  [
    fc.oneof(
      bytes,
      fc.json().map((text) => Buffer.from(text)),
    ),
    fc.oneof(
      fc.constantFrom(
        ...['application/json', 'application/msgpack', 'text/plain; charset=x', 'application/problem+json', ''],
      ),
      fc.string(),
    ),
    fc.option(fc.string(), { nil: undefined }),
  ],
  (message, type, encoding) => {
    const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }
    refusesBy(() => readBody(Buffer.from(message), headers), isError)
  },
)

const part = fc
  .tuple(fc.constantFrom('application/msgpack', 'application/json', '*/*', 'q'), fc.string())
  .map((two) => two.join(';q='))
fuzzed(
  'what a reader accepts',
  [
    fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join(',')),
    ),
  ],
  (accept) => {
    expect(['json', 'msgpack']).toContain(preferred(accept))
  },
)

fuzzed('what a server says of a connection', [fc.anything()], (error) => {
  expect(['string', 'undefined']).toContain(typeof connectionFaultOf(error))
})
