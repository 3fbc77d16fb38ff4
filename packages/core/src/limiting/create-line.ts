import { FifoLine } from './fifo-line.ts'
import type { ResolvedLineOptions } from './line-options.ts'
import { AdaptiveLifoLine, CoDelLine } from './overload-lines.ts'
import { PriorityLine } from './priority-line.ts'
import type { WaitingLine } from './waiting-line.ts'

/** The line that the options describe. */
export function createLine(options: ResolvedLineOptions | undefined): WaitingLine {
  switch (options?.discipline) {
    case 'lifo':
      return new AdaptiveLifoLine(options)
    case 'codel':
      return new CoDelLine(options)
    case 'priority':
      return new PriorityLine(options.order)
    default:
      return new FifoLine()
  }
}
