// The contract as far as unary calls go. The suite has no way to leave streaming out, so its tests of it are passed over
// here by name, and a name that the suite does not have fails.
import { transportContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { grpcHarness } from './grpc-harness.ts'

const STREAMED = new Set([
  'a streamed answer is committed at its head and settled at its last byte',
  'an error status is never streamed: it is judged as a whole',
  'a reset after the commit is settled as an error, once, and breaks the body',
  'a cancel after the commit breaks the body and settles nothing',
  'a reader who has read enough of a good answer ends it well',
  // Its half about whole answers is in grpc-transport.itest.ts.
  'an answer over the limit is an error; up to it, and streamed, it is none',
])
const passedOver = new Set<string>()

const unary = (title: string, test: () => Promise<void>): void => {
  if (STREAMED.has(title)) passedOver.add(title)
  else it(title, test)
}

transportContract({ describe, it: unary, expect }, 'the gRPC transport', grpcHarness)

it('every test that is passed over is one of the suite', () => {
  expect(passedOver).toEqual(STREAMED)
})
