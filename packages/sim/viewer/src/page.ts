/** What all parts of the page look at. */
import type { PageData, PageRun, RunDetail, RunDocument } from './detail.ts'
import type { Traffic } from './health.ts'
import type { Lane } from './lanes.ts'
import type { Store } from './store.ts'

export interface Side {
  readonly label: string
  readonly run: RunDocument
  readonly detail: RunDetail
  readonly replay: PageRun['replay']
  readonly traffic: ReadonlyMap<string, Traffic>
  readonly lanes: readonly Lane[]
}

export interface Page {
  readonly data: PageData
  readonly main: Side
  /** Laid under it. */
  readonly base: Side | undefined
  readonly store: Store
}
