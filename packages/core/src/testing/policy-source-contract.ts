/**
 * What every source of policy documents owes those who follow it, as one suite: run by memory, files, Consul and etcd alike.
 *
 * A source may tell inside the call or later, may leave out a document that another has replaced, and may tell the same text
 * again; all of it is left open here. Texts are not read: what a document means is not its business.
 */
import { isPolicyConflictError } from '../config/policy-conflict-error.ts'
import type { PolicyStore } from '../config/policy-source.ts'
import {
  documentOf,
  type Following,
  type PolicySourceHarness,
  PolicySourceWorkbench,
} from './policy-source-workbench.ts'
import type { ContractApi } from './transport-contract.ts'

export function policySourceContract(api: ContractApi, name: string, create: () => Promise<PolicySourceHarness>): void {
  const { describe, it, expect } = api

  describe(`${name} keeps the policy source contract`, () => {
    const check = (title: string, test: (bench: PolicySourceWorkbench) => Promise<void>): void =>
      it(title, async () => {
        const bench = new PolicySourceWorkbench(await create())
        try {
          await test(bench)
        } finally {
          await bench.close()
        }
      })

    check('what is there is told first, and then each change', async (bench) => {
      await bench.harness.put(documentOf('a'))
      const following = bench.watch()
      expect(await bench.sees(() => following.words.length > 0)).toBe(true)
      expect(following.words[0]).toMatchObject({ text: documentOf('a') })
      const { revision } = following.stored as { readonly revision: string }
      expect(revision.length).toBeGreaterThan(0)
      await bench.harness.put(documentOf('b'))
      expect(await bench.sees(() => following.text === documentOf('b'))).toBe(true)
      expect(following.stored?.revision === revision).toBe(false)
      expect(following.texts).toEqual([documentOf('a'), documentOf('b')])
    })

    check('where nothing is, that is told; the document when it is there', async (bench) => {
      const following = bench.watch()
      expect(await bench.sees(() => following.words.length > 0)).toBe(true)
      expect(following.words).toEqual(['missing'])
      await bench.harness.put(documentOf('a'))
      expect(await bench.sees(() => following.text === documentOf('a'))).toBe(true)
    })

    check('one that is deleted is missing, and seen when it is there again, the same text too', async (bench) => {
      await bench.harness.put(documentOf('a'))
      const following = bench.watch()
      expect(await bench.sees(() => following.text === documentOf('a'))).toBe(true)
      await bench.harness.remove()
      expect(await bench.sees(() => following.words.at(-1) === 'missing')).toBe(true)
      await bench.harness.put(documentOf('a'))
      expect(await bench.sees(() => following.text === documentOf('a'))).toBe(true)
      expect(following.errors).toBe(0)
    })

    check('the same text written again is no other text', async (bench) => {
      await bench.harness.put(documentOf('a'))
      const following = bench.watch()
      await bench.sees(() => following.text === documentOf('a'))
      await bench.harness.put(documentOf('a'))
      await bench.settle()
      expect(following.texts).toEqual([documentOf('a')])
      expect(following.words.includes('missing')).toBe(false)
      await bench.harness.put(documentOf('b'))
      expect(await bench.sees(() => following.text === documentOf('b'))).toBe(true)
    })

    check(
      'of many changes in a row the last is the one that stays, and none comes after a later one',
      async (bench) => {
        const following = bench.watch()
        await bench.sees(() => following.words.length > 0)
        const names = Array.from({ length: 20 }, (_, i) => `n${i}`)
        for (const each of names) await bench.harness.put(documentOf(each))
        expect(await bench.sees(() => following.text === documentOf('n19'))).toBe(true)
        await bench.settle()
        const places = following.texts.map((text) => names.findIndex((each) => documentOf(each) === text))
        expect(places.at(-1)).toBe(19)
        expect(places.every((place, i) => i === 0 || place > (places[i - 1] as number))).toBe(true)
      },
    )

    check('a text that is no document is told as it is: unreadable, empty of meaning, in any script', async (bench) => {
      const following = bench.watch()
      for (const text of ['version: [1', '{"version": 2}', 'ü → 日本 \u{1f6f0}\r\n\ttab\n\n', ' ']) {
        await bench.harness.put(text)
        expect(await bench.sees(() => following.text === text)).toBe(true)
      }
      expect(following.errors).toBe(0)
    })

    check('a huge document comes through whole', async (bench) => {
      const following = bench.watch()
      const { mostBytes = 400_000 } = bench.harness
      const lines: string[] = []
      for (let length = 0; length < mostBytes - 100; length += 81) lines.push(`# ${String(length).padEnd(78, '.')}`)
      const text = lines.join('\n')
      await bench.harness.put(text)
      expect(await bench.sees(() => following.stored !== undefined)).toBe(true)
      expect(following.text === text).toBe(true)
    })

    check('all who watch are told, of one client and of another, also who comes later', async (bench) => {
      const source = bench.connect()
      const early = [bench.watch(source), bench.watch(source), bench.watch()]
      await bench.harness.put(documentOf('a'))
      for (const following of early) expect(await bench.sees(() => following.text === documentOf('a'))).toBe(true)
      const late = bench.watch(source)
      expect(await bench.sees(() => late.text === documentOf('a'))).toBe(true)
      await bench.harness.put(documentOf('b'))
      for (const following of [...early, late]) {
        expect(await bench.sees(() => following.text === documentOf('b'))).toBe(true)
      }
    })

    check('a watch that was disposed of is told nothing more; the others are', async (bench) => {
      await bench.harness.put(documentOf('a'))
      const source = bench.connect()
      const [stopped, kept] = [bench.watch(source), bench.watch(source)]
      await bench.sees(() => stopped.words.length > 0 && kept.words.length > 0)
      stopped.stop()
      stopped.stop()
      const told = stopped.words.length
      await bench.harness.put(documentOf('b'))
      expect(await bench.sees(() => kept.text === documentOf('b'))).toBe(true)
      await bench.settle()
      expect(stopped.words.length).toBe(told)
    })

    check('a watch may be disposed of, and another begun, while it is told', async (bench) => {
      const source = bench.connect()
      const first = bench.watch(source)
      let next: Following | undefined
      await bench.sees(() => first.words.length > 0)
      const tell = first.document.bind(first)
      first.document = (stored) => {
        tell(stored)
        first.stop()
        next ??= bench.watch(source)
      }
      await bench.harness.put(documentOf('a'))
      expect(await bench.sees(() => next?.text === documentOf('a'))).toBe(true)
      await bench.harness.put(documentOf('b'))
      expect(await bench.sees(() => next?.text === documentOf('b'))).toBe(true)
      expect(first.texts).toEqual([documentOf('a')])
    })

    check('a closed client tells nothing more, and keeps no other from being told', async (bench) => {
      const [one, two] = [bench.connect(), bench.connect()]
      const [closed, kept] = [bench.watch(one), bench.watch(two)]
      await bench.sees(() => closed.words.length > 0 && kept.words.length > 0)
      one.close()
      one.close()
      const told = closed.words.length
      await bench.harness.put(documentOf('a'))
      expect(await bench.sees(() => kept.text === documentOf('a'))).toBe(true)
      await bench.settle()
      expect(closed.words.length).toBe(told)
    })

    check('an outage is told once, and so is its end; what was changed meanwhile is seen then', async (bench) => {
      const { harness } = bench
      const { outageSeenWithinMs = harness.seenWithinMs } = harness
      await harness.put(documentOf('a'))
      const following = bench.watch()
      await bench.sees(() => following.text === documentOf('a'))
      for (const name of ['a', 'b']) {
        const before = following.errors
        const interruption = await harness.interrupt?.()
        if (interruption === undefined) return
        expect(await bench.sees(() => following.errors > before, outageSeenWithinMs)).toBe(true)
        await harness.put(documentOf(name))
        await bench.settle()
        expect(following.errors).toBe(before + 1)
        expect(following.words.at(-1)).toBe('error')
        await interruption[Symbol.asyncDispose]()
        expect(await bench.sees(() => following.words.at(-1) !== 'error', outageSeenWithinMs)).toBe(true)
        expect(await bench.sees(() => following.text === documentOf(name))).toBe(true)
        expect(following.words.includes('missing')).toBe(false)
      }
    })

    const checkStore = (
      title: string,
      test: (bench: PolicySourceWorkbench, store: PolicyStore, other: PolicyStore) => Promise<void>,
    ): void =>
      check(title, async (bench) => {
        const [store, other] = [bench.store(), bench.store()]
        if (store !== undefined && other !== undefined) await test(bench, store, other)
      })

    checkStore('what is written is read by all and told to all, under one revision', async (bench, store, other) => {
      const following = bench.watch()
      expect(await store.read()).toBe(undefined)
      const written = await store.write(bench.pushed('a'), undefined)
      expect(written.text).toBe(documentOf('a'))
      expect(await store.read()).toEqual(written)
      expect(await other.read()).toEqual(written)
      expect(await bench.sees(() => following.text === documentOf('a'))).toBe(true)
      expect(following.stored).toEqual(written)
      const next = await other.write(bench.pushed('b'), written.revision)
      expect(next.revision === written.revision).toBe(false)
      expect(await store.read()).toEqual(next)
      expect(await bench.sees(() => following.text === documentOf('b'))).toBe(true)
    })

    checkStore('who writes over what was not read has lost, and nothing is changed', async (bench, store, other) => {
      const lost = async (writing: Promise<unknown>): Promise<boolean> =>
        writing.then(
          () => false,
          (error: unknown) => isPolicyConflictError(error),
        )
      expect(await lost(store.write(bench.pushed('x'), 'no such revision'))).toBe(true)
      const first = await store.write(bench.pushed('a'), undefined)
      expect(await lost(other.write(bench.pushed('x'), undefined))).toBe(true)
      const second = await other.write(bench.pushed('b'), first.revision)
      expect(await lost(store.write(bench.pushed('x'), first.revision))).toBe(true)
      expect(await store.read()).toEqual(second)
      expect((await store.history(10)).map(({ text }) => text)).toEqual([documentOf('b'), documentOf('a')])
      await bench.harness.remove()
      expect(await lost(store.write(bench.pushed('x'), second.revision))).toBe(true)
      await store.write(bench.pushed('c'), undefined)
      expect((await other.read())?.text).toBe(documentOf('c'))
    })

    checkStore('of several who write at once one wins', async (bench, store, other) => {
      const first = await store.write(bench.pushed('a'), undefined)
      const writers = [store, other, store, other].map((each, i) => each.write(bench.pushed(`n${i}`), first.revision))
      const ended = await Promise.allSettled(writers)
      expect(ended.filter(({ status }) => status === 'fulfilled').length).toBe(1)
      for (const end of ended) if (end.status === 'rejected') expect(isPolicyConflictError(end.reason)).toBe(true)
      const won = documentOf(`n${ended.findIndex(({ status }) => status === 'fulfilled')}`)
      expect((await store.read())?.text).toBe(won)
      expect((await other.history(10)).map(({ text }) => text)).toEqual([won, documentOf('a')])
    })

    checkStore(
      'the history has what was pushed, the newest first, as much as is asked for',
      async (bench, store, other) => {
        expect(await store.history(10)).toEqual([])
        let revision: string | undefined
        const names = Array.from({ length: 12 }, (_, i) => `n${i}`)
        for (const each of names) revision = (await store.write(bench.pushed(each), revision)).revision
        const entries = names.toReversed().map((each) => bench.pushed(each))
        expect(await other.history(100)).toEqual(entries)
        expect(await other.history(3)).toEqual(entries.slice(0, 3))
      },
    )

    checkStore('an entry without author and message is kept as it is', async (_, store, other) => {
      const bare = { hash: 'a'.repeat(16), text: documentOf('a'), atMs: 1 }
      await store.write(bare, undefined)
      expect(await other.history(1)).toEqual([bare])
    })

    checkStore('an old text may be pushed again: a rollback', async (bench, store, other) => {
      const following = bench.watch()
      const first = await store.write(bench.pushed('a'), undefined)
      const second = await store.write(bench.pushed('b'), first.revision)
      expect(await bench.sees(() => following.text === documentOf('b'))).toBe(true)
      const [, old] = await other.history(2)
      const back = await other.write({ ...bench.pushed('a'), message: 'back' }, second.revision)
      expect(back.text).toBe(old?.text)
      expect(await bench.sees(() => following.text === documentOf('a'))).toBe(true)
      expect((await store.history(10)).map(({ message }) => message)).toEqual(['back', 'document b', 'document a'])
    })
  })
}
