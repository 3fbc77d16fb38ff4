/** What `--json` writes: the run document itself, or several in one. */
import type { RunDocument } from '../recording/run-document.ts'

export interface RunsDocument {
  readonly schema: 'seakeep.runs/1'
  readonly runs: readonly RunDocument[]
}

/** `isSeveral` where several runs were asked for, however many came of it. */
export function runsAsJson(runs: readonly RunDocument[], isSeveral: boolean): string {
  const document: RunDocument | RunsDocument | undefined = isSeveral ? { schema: 'seakeep.runs/1', runs } : runs[0]
  return `${JSON.stringify(document)}\n`
}
