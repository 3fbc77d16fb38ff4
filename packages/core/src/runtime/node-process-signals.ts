import process from 'node:process'
import type { ProcessSignals } from './process-signals.ts'

/** SIGTERM and SIGINT of this process. While somebody listens, the process no longer ends by them on its own. */
export const processSignals: ProcessSignals = {
  onTerminate(told) {
    process.on('SIGTERM', told)
    process.on('SIGINT', told)
    return {
      [Symbol.dispose]: () => {
        process.off('SIGTERM', told)
        process.off('SIGINT', told)
      },
    }
  },
}
