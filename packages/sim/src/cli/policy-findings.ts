/** Lints as lines: `policies.yaml:3:12  inert-breaker  sentence`. */
import type { Finding } from '@seakeep/core/spi'
import type { Paint } from '../reporting/paint.ts'

/** How many targets are named of a finding that many have. */
const MOST_TARGETS = 3

export function findingLines(findings: readonly Finding[], file: string, paint: Paint): string {
  return findings.map((finding) => `${line(finding, file, paint)}\n`).join('')
}

function line({ rule, level, place, problem, targets }: Finding, file: string, paint: Paint): string {
  const name = level === 'warning' ? paint('warn', rule) : `${rule} (note)`
  const more = targets.length > MOST_TARGETS ? [`${targets.length - MOST_TARGETS} more`] : []
  // One target is told by its line.
  const those = targets.length < 2 ? '' : ` [${[...targets.slice(0, MOST_TARGETS), ...more].join(', ')}]`
  return `${paint('strong', place.position ?? `${file}: ${place.path}`)}  ${name}  ${problem}${paint('dim', those)}`
}

/** `2 warnings, 1 note`; empty for none. */
export function findingCount(findings: readonly Finding[]): string {
  const counts = (['warning', 'note'] as const).flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length
    return count === 0 ? [] : [`${count} ${level}${count === 1 ? '' : 's'}`]
  })
  return counts.join(', ')
}

/** As `--json` has them. */
export function findingsAsData(findings: readonly Finding[]): unknown {
  return findings.map(({ rule, level, place, problem, targets }) => ({
    rule,
    level,
    path: place.path,
    position: place.position ?? null,
    targets,
    problem,
  }))
}
