// A vitest reporter that ends a run with `N passed, N failed`, so that one line tells how it went. A file that does not
// load, a failed hook and an error nobody caught count as failed: none of them has a test to be counted by.
// tools/test.ts asks for the counts in a file, to add its own; without it the line is printed as the process ends.
import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

export function countTests(modules: readonly TestModule[], unhandled: number): Counts {
  const counts: Counts = { passed: 0, failed: unhandled, skipped: 0 }
  for (const module of modules) {
    counts.failed += module.errors().length
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // What was neither run nor skipped hung, or its run was broken off.
      counts[state === 'pending' ? 'failed' : state]++
    }
  }
  return counts
}

export default class ClosingLine implements Reporter {
  #counts: Counts | undefined

  onInit(): void {
    if (process.env.SEAKEEP_TEST_COUNTS) return
    process.once('exit', () => {
      if (this.#counts) process.stdout.write(`${closingLine(this.#counts)}\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    this.#counts = countTests(modules, unhandled.length)
    const file = process.env.SEAKEEP_TEST_COUNTS
    if (file) writeFileSync(file, JSON.stringify(this.#counts))
  }
}
