/** `seakeep replay <file> --seed S`: the same run again, byte for byte; what a failure prints to be repeated with. */
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { Command } from './io.ts'
import { runFiles } from './run.ts'
import { RUN_OPTIONS, RUN_OPTIONS_NOT_YET, readRunOptions } from './run-options.ts'

const { seeds: _, bail: __, workers: ___, shard: ____, watch: _____, ...OPTIONS }: OptionTable = RUN_OPTIONS

export const replayCommand: Command = {
  name: 'replay',
  about: 'the same run again, byte for byte, by its seed',
  async run(args, io) {
    const given = readArguments(args, OPTIONS, RUN_OPTIONS_NOT_YET)
    if (given.isOn('help')) {
      io.out(`seakeep replay <file> --seed S [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length !== 1)
      throw new UsageError('replay takes one scenario, as seakeep replay x.sim.ts --seed 7')
    if (given.value('seed') === undefined) throw new UsageError('replay needs the seed of the run, as --seed 7')
    return await runFiles(given.positionals, readRunOptions(given, io.cwd), io)
  },
}
