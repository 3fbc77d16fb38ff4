/**
 * Last good lists in a folder: a JSON file per service, for starting while no registry answers.
 *
 * A file is written beside its place and moved there, so that a process that dies meanwhile leaves the old one whole; one
 * that is damaged anyway is told and passed over. A service that changes all the time is written once a second. Processes
 * may share the folder: the last one to write counts.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { Instance } from '../endpoint/endpoint.ts'
import { asError } from '../errors/as-error.ts'
import { rootPlace } from '../options/place.ts'
import { number } from '../options/quantities.ts'
import { record } from '../options/record.ts'
import { oneOf, text } from '../options/words.ts'
import { hashText } from '../random/mix.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { STORED_INSTANCES } from './instance-fields.ts'
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts'

const SCHEMA = 'seakeep.snapshot/1'
/** Between two writes of one service. */
const INTERVAL_MS = 1000
/** Longer names would not be taken by every file system. */
const LONGEST_NAME = 150

const FILE = record({
  schema: oneOf([SCHEMA]),
  service: text(),
  savedAt: number({ min: 0, about: 'Milliseconds since 1970' }),
  instances: STORED_INSTANCES,
})

interface Page {
  /** What is to be written, unless it has been. */
  due: StoredSnapshot | undefined
  isWriting: boolean
  isWaiting: boolean
  /** Told once, until a write succeeds. */
  isFailing: boolean
}

/** Temporary files of one process must not meet. */
let written = 0

export class NodeSnapshotStore implements SnapshotStore {
  readonly #folder: string
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #pages = new Map<string, Page>()
  /** Who waits for the end. */
  #closing: (() => void)[] | undefined = undefined

  /** `folder` is made with the first list. */
  constructor(folder: string, { clock, events }: { readonly clock: Clock; readonly events: EventSink }) {
    this.#folder = folder
    this.#clock = clock
    this.#events = events
  }

  load(service: string, told: (stored: StoredSnapshot | undefined) => void): void {
    this.#read(service).then(told, (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#fail(service, error)
      told(undefined)
    })
  }

  save(service: string, instances: readonly Instance[], wallMs: number): void {
    if (this.#closing !== undefined) return
    let page = this.#pages.get(service)
    if (page === undefined) {
      page = { due: undefined, isWriting: false, isWaiting: false, isFailing: false }
      this.#pages.set(service, page)
    }
    page.due = { instances, savedAtMs: wallMs }
    if (!page.isWaiting && !page.isWriting) this.#write(service, page)
  }

  close(done: () => void): void {
    this.#closing = [...(this.#closing ?? []), done]
    for (const [service, page] of this.#pages) {
      if (page.due !== undefined && !page.isWriting) this.#write(service, page)
    }
    this.#endWhereIdle()
  }

  async #read(service: string): Promise<StoredSnapshot> {
    const path = this.#pathOf(service)
    const found = FILE.resolve(JSON.parse(await readFile(path, 'utf8')), rootPlace(''))
    if (found.service !== service) throw new Error(`${path} is of the service ${found.service}`)
    return { instances: found.instances, savedAtMs: found.savedAt }
  }

  #write(service: string, page: Page): void {
    const { due } = page
    if (due === undefined) return
    page.due = undefined
    page.isWriting = true
    const ended = (error?: unknown): void => {
      page.isWriting = false
      if (error !== undefined && !page.isFailing) this.#fail(service, error)
      page.isFailing = error !== undefined
      if (this.#closing === undefined) this.#wait(service, page)
      else if (page.due !== undefined) this.#write(service, page)
      else this.#endWhereIdle()
    }
    this.#put(service, due).then(() => ended(), ended)
  }

  async #put(service: string, { instances, savedAtMs }: StoredSnapshot): Promise<void> {
    const path = this.#pathOf(service)
    const beside = `${path}.${process.pid}-${++written}.tmp`
    const body = JSON.stringify({ schema: SCHEMA, service, savedAt: savedAtMs, instances }, undefined, 1)
    await mkdir(this.#folder, { recursive: true })
    try {
      const file = await open(beside, 'w')
      try {
        await file.writeFile(body)
        // Else a power cut may leave the new name with nothing behind it.
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, path)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
  }

  #wait(service: string, page: Page): void {
    page.isWaiting = true
    const onTimer = (): void => {
      page.isWaiting = false
      if (this.#closing === undefined) this.#write(service, page)
    }
    this.#clock.schedule(this.#clock.now() + INTERVAL_MS, { isBackground: true, onTimer })
  }

  #endWhereIdle(): void {
    for (const { isWriting, due } of this.#pages.values()) if (isWriting || due !== undefined) return
    const closing = this.#closing ?? []
    this.#closing = []
    for (const done of closing) done()
  }

  #pathOf(service: string): string {
    const name = encodeURIComponent(service)
    const short = name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}~${hashText(service)}`
    return join(this.#folder, `${short}.json`)
  }

  #fail(service: string, thrown: unknown): void {
    this.#events.emit({ type: 'snapshotFailed', service, atMs: this.#clock.now(), error: asError(thrown) })
  }
}
