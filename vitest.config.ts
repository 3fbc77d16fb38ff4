import { defineConfig } from 'vitest/config'

// Packages see each other's sources, so no build stands between an edit and its test.
const conditions = ['@seakeep/source', 'module', 'node', 'development|production']
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } }

export default defineConfig({
  test: {
    reporters: ['default', './tools/closing-line.ts'],
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          maxWorkers: 2,
          // What hangs is found all the same, and a busy machine fails nothing.
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'packages/sim/viewer/**/*.test.ts',
            'examples/**/*.test.ts',
            'tools/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
        },
      },
      {
        ...fromSource,
        test: {
          name: 'integration',
          // One at a time: real servers under load are timed. What a busy machine spoils is tried once more.
          maxWorkers: 1,
          retry: 1,
          sequence: { groupOrder: 0 },
          include: [
            'packages/*/{src,test}/**/*.itest.ts',
            'packages/sim/viewer/**/*.itest.ts',
            'examples/**/*.itest.ts',
            'tools/**/*.itest.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
