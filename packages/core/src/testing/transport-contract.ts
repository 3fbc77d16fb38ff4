/**
 * What every transport owes the pipeline, as one suite: run by the in-memory transport, by HTTP and gRPC over real
 * sockets and by the simulator's network, so that none of them can mean something else by "settled".
 *
 * Nothing here waits for time to pass: each step waits for an event of the other side. "Nothing comes after" is shown by
 * a further exchange over the same transport, which has run to its end before the record is looked at.
 */
import type { Answer } from '../call/outcome.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { failureOf, goneOf, piecesOf, restOf, type TransportHarness, Workbench } from './transport-workbench.ts'

/** The functions of the test runner, handed in so that this door does not depend on one. */
export interface ContractApi {
  describe(name: string, suite: () => void): void
  it(name: string, test: () => Promise<void>): void
  expect(actual: unknown): ContractExpectation
}

export interface ContractExpectation {
  toBe(expected: unknown): void
  toEqual(expected: unknown): void
  toMatchObject(expected: object): void
  toBeInstanceOf(expected: new (...args: never[]) => unknown): void
  toBeGreaterThan(expected: number): void
  toBeLessThanOrEqual(expected: number): void
}

export function transportContract(api: ContractApi, name: string, create: () => Promise<TransportHarness>): void {
  const { describe, it, expect } = api

  describe(`${name} keeps the transport contract`, () => {
    const check = (title: string, test: (bench: Workbench) => Promise<void>): void =>
      it(title, async () => {
        const harness = await create()
        try {
          await test(new Workbench(harness))
        } finally {
          await harness.close()
        }
      })

    check('a unary answer is settled with its value and never committed', async (bench) => {
      const sent = bench.send({
        method: 'POST /charges',
        query: { dry: 'yes & no' },
        headers: { 'x-trace': 'abc' },
        body: { amount: 5, note: 'grün' },
      })
      const far = await bench.arrival()
      expect(far.request.method).toBe('POST /charges')
      expect(far.request.query).toEqual({ dry: 'yes & no' })
      expect(far.request.headers['x-trace']).toBe('abc')
      expect(far.request.body).toEqual({ amount: 5, note: 'grün' })
      far.answer(200, { id: 'c1' }, { 'x-answer': 'yes' })
      const result = await sent.settled
      expect(result).toMatchObject({ ending: 'ok', status: 200, error: undefined })
      expect(result.value as Answer).toMatchObject({ status: 200, body: { id: 'c1' }, headers: { 'x-answer': 'yes' } })
      await bench.expectQuiet()
      expect(sent.log).toEqual(['settle'])
    })

    check('an answer of any status is an answer, and text stays text', async (bench) => {
      for (const status of [404, 500]) {
        const sent = bench.send({ method: 'GET /missing' })
        ;(await bench.arrival()).answer(status, 'no such thing')
        const result = await sent.settled
        expect(result).toMatchObject({ ending: 'ok', status })
        expect((result.value as Answer).body).toBe('no such thing')
      }
    })

    check('a server that is full or asks to come back later has refused', async (bench) => {
      for (const status of [503, 429]) {
        const sent = bench.send({})
        ;(await bench.arrival()).answer(status, 'later', { 'retry-after': '2' })
        const result = await sent.settled
        expect(result).toMatchObject({ ending: 'refused', status, retryAfterMs: 2000 })
        expect((result.value as Answer).body).toBe('later')
      }
    })

    check('where nobody listens nothing was sent', async (bench) => {
      const sent = bench.send({}, { endpoint: bench.harness.nobody })
      const result = await sent.settled
      expect(result.ending).toBe('unreachable')
      expect(result.error).toBeInstanceOf(Error)
      expect(sent.log).toEqual(['settle'])
    })

    check('after a cancel nothing is told, and the server learns of it', async (bench) => {
      for (const reason of ['cancelled', 'timeout'] as const) {
        const sent = bench.send({})
        const far = await bench.arrival()
        const gone = goneOf(far)
        sent.cancel(reason)
        await gone
        far.answer(200, 'too late')
        await bench.expectQuiet()
        expect(sent.log).toEqual([])
      }
    })

    check('a cancel after the end, or a second one, does nothing', async (bench) => {
      const sent = bench.send({})
      ;(await bench.arrival()).answer(200, 'fine')
      await sent.settled
      sent.cancel('cancelled')
      sent.cancel('timeout')
      await bench.expectQuiet()
      expect(sent.log).toEqual(['settle'])
    })

    check('the server sees what is left until the deadline, the attempt and the priority', async (bench) => {
      if (!bench.harness.tellsDeadline) return
      const deadlineMs = bench.harness.clock.now() + 5000
      const sent = bench.send({}, { deadlineMs, number: 2, priority: 'batch' })
      const far = await bench.arrival()
      expect(far.request).toMatchObject({ attempt: 2, priority: 'batch' })
      expect(far.request.timeoutMs ?? 0).toBeGreaterThan(1000)
      expect(far.request.timeoutMs ?? NO_DEADLINE).toBeLessThanOrEqual(5000)
      far.answer(200)
      await sent.settled
      const unbounded = bench.send({})
      const second = await bench.arrival()
      expect(second.request.timeoutMs).toBe(undefined)
      second.answer(200)
      await unbounded.settled
    })

    check('a streamed answer is committed at its head and settled at its last byte', async (bench) => {
      const sent = bench.stream({ method: 'GET /events' })
      const far = await bench.arrival()
      far.begin(200, { 'x-answer': 'yes' })
      far.write('one ')
      const answer = await sent.committed
      expect(answer).toMatchObject({ status: 200, headers: { 'x-answer': 'yes' } })
      const reader = piecesOf(answer)
      expect(await reader.next()).toEqual({ done: false, value: 'one ' })
      expect(sent.log).toEqual(['commit'])
      far.write('two')
      far.end()
      expect(await restOf(reader)).toBe('two')
      expect(await sent.settled).toMatchObject({ ending: 'ok', status: 200, error: undefined })
      await bench.expectQuiet()
      expect(sent.log).toEqual(['commit', 'settle'])
    })

    check('an error status is never streamed: it is judged as a whole', async (bench) => {
      const sent = bench.stream({})
      const far = await bench.arrival()
      far.begin(500)
      far.write('out of ')
      far.write('order')
      far.end()
      const result = await sent.settled
      expect(result).toMatchObject({ ending: 'ok', status: 500 })
      expect((result.value as Answer).body).toBe('out of order')
      expect(sent.log).toEqual(['settle'])
    })

    check('a reset before the answer is settled as an error', async (bench) => {
      const sent = bench.send({})
      ;(await bench.arrival()).reset()
      const result = await sent.settled
      expect(result.ending).toBe('error')
      expect(result.error).toBeInstanceOf(Error)
      await bench.expectQuiet()
      expect(sent.log).toEqual(['settle'])
    })

    check('a reset after the commit is settled as an error, once, and breaks the body', async (bench) => {
      const sent = bench.stream({})
      const far = await bench.arrival()
      far.begin(200)
      far.write('half')
      const reader = piecesOf(await sent.committed)
      await reader.next()
      far.reset()
      const result = await sent.settled
      expect(result.ending).toBe('error')
      expect(await failureOf(restOf(reader))).toBeInstanceOf(Error)
      await bench.expectQuiet()
      expect(sent.log).toEqual(['commit', 'settle'])
    })

    check('a cancel after the commit breaks the body and settles nothing', async (bench) => {
      const sent = bench.stream({})
      const far = await bench.arrival()
      const gone = goneOf(far)
      far.begin(200)
      far.write('half')
      const reader = piecesOf(await sent.committed)
      await reader.next()
      sent.cancel('timeout')
      await gone
      expect(await failureOf(restOf(reader))).toBeInstanceOf(Error)
      await bench.expectQuiet()
      expect(sent.log).toEqual(['commit'])
    })

    check('a reader who has read enough of a good answer ends it well', async (bench) => {
      const sent = bench.stream({})
      const far = await bench.arrival()
      const gone = goneOf(far)
      far.begin(200)
      far.write('enough')
      const reader = piecesOf(await sent.committed)
      await reader.next()
      await reader.return?.()
      expect(await sent.settled).toMatchObject({ ending: 'ok', status: 200 })
      await gone
      expect(sent.log).toEqual(['commit', 'settle'])
    })

    check('an answer over the limit is an error; up to it, and streamed, it is none', async (bench) => {
      const { maxAnswerBytes } = bench.harness
      for (const [bytes, ending] of [
        [maxAnswerBytes, 'ok'],
        [maxAnswerBytes + 1, 'error'],
      ] as const) {
        const whole = bench.send({})
        ;(await bench.arrival()).answer(200, 'x'.repeat(bytes))
        expect((await whole.settled).ending).toBe(ending)
        const inPieces = bench.send({})
        const far = await bench.arrival()
        far.begin(200)
        far.write('x'.repeat(bytes - 1))
        far.write('x')
        far.end()
        expect((await inPieces.settled).ending).toBe(ending)
      }
      const sent = bench.stream({})
      ;(await bench.arrival()).answer(200, 'x'.repeat(maxAnswerBytes + 1))
      expect((await restOf(piecesOf(await sent.committed))).length).toBe(maxAnswerBytes + 1)
      expect((await sent.settled).ending).toBe('ok')
      await bench.expectQuiet()
    })

    check('each of many at once settles exactly once, whatever happens to it', async (bench) => {
      const fates = ['ok', 'error', 'refused', 'unreachable'] as const
      bench.harness.answerWith((far) => {
        const fate = far.request.query.fate
        if (fate === 'ok') far.answer(200, { fate })
        else if (fate === 'refused') far.answer(503)
        else far.reset()
      })
      const all = Array.from({ length: 60 }, (_, at) => {
        const fate = fates[at % fates.length]!
        const { endpoint, nobody } = bench.harness
        const sent = bench.send({ query: { fate } }, { endpoint: fate === 'unreachable' ? nobody : endpoint })
        return { fate, sent }
      })
      for (const { fate, sent } of all) expect((await sent.settled).ending).toBe(fate)
      bench.answerByHand()
      await bench.expectQuiet()
      for (const { sent } of all) expect(sent.log).toEqual(['settle'])
    })

    check('an endpoint that is forgotten lets what is under way end, and may come back', async (bench) => {
      const { transport, endpoint } = bench.harness
      const before = bench.send({})
      const far = await bench.arrival()
      transport.forget?.(endpoint)
      const after = bench.send({})
      ;(await bench.arrival()).answer(200, 'new')
      expect((await after.settled).ending).toBe('ok')
      far.answer(200, 'old')
      expect((await before.settled).ending).toBe('ok')
    })

    check('a large message arrives whole', async (bench) => {
      const text = 'äß'.repeat(200_000)
      const sent = bench.send({ method: 'POST /large', body: { text } })
      const far = await bench.arrival()
      expect((far.request.body as { text: string }).text === text).toBe(true)
      far.answer(200)
      expect((await sent.settled).ending).toBe('ok')
    })

    check('a body in pieces is sent as it comes, and once: what was read of it is not sent again', async (bench) => {
      const { inPieces } = bench.harness
      if (inPieces === undefined) return
      let reads = 0
      async function* pieces(): AsyncGenerator<Uint8Array> {
        reads += 1
        yield new TextEncoder().encode('one ')
        yield new TextEncoder().encode('two')
      }
      const request = inPieces({ method: 'POST /pieces' }, pieces())
      const sent = bench.send(request)
      const far = await bench.arrival()
      expect(far.request.body).toBe('one two')
      far.answer(503)
      expect(await sent.settled).toMatchObject({ status: 503, isFinal: true })
      expect((await bench.send(request).settled).ending).toBe('error')
      expect(reads).toBe(1)
      await bench.expectQuiet()
    })

    check('a body in pieces of which nothing was read can be sent elsewhere', async (bench) => {
      const { inPieces, nobody } = bench.harness
      if (inPieces === undefined) return
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode('whole')
      }
      const request = inPieces({ method: 'POST /pieces' }, pieces())
      const result = await bench.send(request, { endpoint: nobody }).settled
      expect([result.ending, result.isFinal ?? false]).toEqual(['unreachable', false])
      const sent = bench.send(request)
      const far = await bench.arrival()
      expect(far.request.body).toBe('whole')
      far.answer(200)
      expect((await sent.settled).ending).toBe('ok')
    })

    check('what is no message is an error, and the next call is none the worse', async (bench) => {
      const { garble } = bench.harness.faults ?? {}
      if (garble === undefined) return
      const sent = bench.send({})
      garble(await bench.arrival())
      const result = await sent.settled
      expect(result.ending).toBe('error')
      expect(result.error).toBeInstanceOf(Error)
      await bench.expectQuiet()
      expect(sent.log).toEqual(['settle'])
    })

    check('a black hole is left at the timeout, and holds nothing up', async (bench) => {
      const { blackHole } = bench.harness.faults ?? {}
      if (blackHole === undefined) return
      const sent = bench.send({}, { endpoint: blackHole })
      await bench.expectQuiet()
      sent.cancel('timeout')
      await bench.expectQuiet()
      expect(sent.log).toEqual([])
      const { transport, clock } = bench.harness
      await new Promise<void>((resolve) => transport.close(clock.now() + 10_000, resolve))
    })

    check('a connection that has gone silent takes one call, not those that follow its timeout', async (bench) => {
      const { faults } = bench.harness
      if (faults?.silence === undefined) return
      await bench.expectQuiet()
      faults.silence()
      const lost = bench.send({})
      lost.cancel('timeout')
      await bench.expectQuiet()
      expect(lost.log).toEqual([])
    })

    check('a server that restarts breaks off what is under way, and is found again', async (bench) => {
      const { faults } = bench.harness
      if (faults?.restart === undefined) return
      const broken = bench.send({})
      await bench.arrival()
      await faults.restart()
      expect((await broken.settled).ending).toBe('error')
      await bench.expectQuiet()
      expect(broken.log).toEqual(['settle'])
    })

    check(
      'a server that says goodbye finishes what is under way; what follows goes over another connection',
      async (bench) => {
        const { faults } = bench.harness
        if (faults?.goAway === undefined) return
        const before = bench.send({})
        const far = await bench.arrival()
        faults.goAway()
        const after = bench.send({})
        ;(await bench.arrival()).answer(200, 'after')
        expect((await after.settled).ending).toBe('ok')
        far.answer(200, 'before')
        const result = await before.settled
        expect(result).toMatchObject({ ending: 'ok', status: 200 })
        await bench.expectQuiet()
        expect([before.log, after.log]).toEqual([['settle'], ['settle']])
      },
    )

    check('a close waits for what is under way, and refuses what comes after', async (bench) => {
      const { transport, clock } = bench.harness
      const sent = bench.send({})
      const far = await bench.arrival()
      const closed = new Promise<void>((resolve) => transport.close(clock.now() + 30_000, resolve))
      const late = bench.send({})
      expect((await late.settled).ending).toBe('unreachable')
      far.answer(200, 'still in time')
      expect((await sent.settled).ending).toBe('ok')
      await closed
    })

    check('a close at its deadline breaks off what is still under way', async (bench) => {
      const { transport, clock } = bench.harness
      const sent = bench.send({})
      await bench.arrival()
      await new Promise<void>((resolve) => transport.close(clock.now() + 20, resolve))
      expect((await sent.settled).ending).toBe('error')
      expect(sent.log).toEqual(['settle'])
    })
  })
}
