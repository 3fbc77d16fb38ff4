import type { Discipline } from '../../scenario/scenario-data.ts'
import { ControlledDelayLine } from './codel-line.ts'
import { FirstComeLine } from './fifo-line.ts'
import { LastComeLine } from './lifo-line.ts'
import type { Line } from './line.ts'
import { ByClassLine } from './priority-line.ts'

/** The line a service's instances have. Where workers are shared nobody waits: any line does. */
export function createLine(discipline: Discipline): Line {
  switch (discipline) {
    case 'lifo':
      return new LastComeLine()
    case 'priority':
      return new ByClassLine()
    case 'codel':
      return new ControlledDelayLine()
    default:
      return new FirstComeLine()
  }
}
