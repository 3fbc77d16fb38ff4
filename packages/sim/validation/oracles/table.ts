import type { Oracle, OracleRow, TodoOracle } from './oracle.ts'

const ID_WIDTH = 20

/** The lines of the printed table. */
export const HEAD: string = line('id', 'theory', 'ours', 'error', 'allowed', 'what')

export function rowLine(row: OracleRow, { compare = 'relative' }: Oracle): string {
  const isRelative = compare === 'relative'
  const figure = (error: number): string => (isRelative ? `${(error * 100).toFixed(2)}%` : error.toFixed(4))
  const allowed = compare === 'at most' || compare === 'at least' ? compare : figure(row.tolerance)
  const figures = [short(row.theory), short(row.ours), figure(row.error), allowed] as const
  return line(row.id, ...figures, row.ok ? row.name : `${row.name}  ✗`)
}

export function todoLine({ id, name, missing }: TodoOracle): string {
  return line(id, '', '', '', 'todo', `${name} (missing: ${missing})`)
}

/** Standard deviation of one run's figure: relative to theory where the error is. */
export function spreadOf({ theory, compare = 'relative' }: Oracle, measured: readonly number[]): number {
  const mean = meanOf(measured)
  const squares = measured.reduce((sum, one) => sum + (one - mean) ** 2, 0)
  const sd = Math.sqrt(squares / (measured.length - 1))
  return Number((compare === 'relative' ? sd / theory : sd).toPrecision(2))
}

export function spreadLine(oracle: Oracle, measured: readonly number[]): string {
  const sd = spreadOf(oracle, measured)
  const figures = [short(oracle.theory), short(meanOf(measured)), sd.toPrecision(2), (3.5 * sd).toPrecision(2)] as const
  return line(oracle.id, ...figures, oracle.name)
}

function meanOf(measured: readonly number[]): number {
  return measured.reduce((sum, one) => sum + one, 0) / measured.length
}

export const SPREAD_HEAD: string = line('id', 'theory', 'mean', 'sd', '3.5 sd', 'what')

function short(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(1) : value.toFixed(4)
}

function line(id: string, theory: string, ours: string, error: string, allowed: string, what: string): string {
  return `${id.padEnd(ID_WIDTH)}${theory.padStart(9)}${ours.padStart(10)}${error.padStart(9)}${allowed.padStart(9)}  ${what}`
}
