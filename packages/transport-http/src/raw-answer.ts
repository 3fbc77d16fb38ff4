import type { Buffer } from 'node:buffer'
import type { Dispatcher } from 'undici'

export type RawHeaders = NonNullable<Dispatcher.DispatchController['rawHeaders']> | null

/** Who is given an answer's bytes as they come. */
export interface RawReader {
  onData(chunk: Buffer): void
}

/** An answer as it came: nothing of it is decoded or parsed. Whoever gets it takes what was held of its body, then reads. */
export class RawAnswer {
  readonly status: number
  readonly headers: RawHeaders
  readonly statusText: string | undefined
  readonly parsedHeaders: Record<string, string | string[] | undefined>
  readonly controller: Dispatcher.DispatchController
  readonly leave: () => void
  held: Buffer[] | undefined = undefined
  reader: RawReader | undefined = undefined
  trailers: Record<string, string | string[] | undefined> | undefined = undefined
  rawTrailers: RawHeaders = null

  /** `leave` is for a reader who wants no more of it. */
  constructor(
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText: string | undefined,
    controller: Dispatcher.DispatchController,
    leave: () => void,
  ) {
    this.status = status
    this.parsedHeaders = headers
    this.headers = controller.rawHeaders ?? null
    this.statusText = statusText
    this.controller = controller
    this.leave = leave
  }

  hold(chunk: Buffer): void {
    if (this.held === undefined) this.held = [chunk]
    else this.held.push(chunk)
  }
}
