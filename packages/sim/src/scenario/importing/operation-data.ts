/** What an importer found an operation to do, in the shorter of the two ways to say it. */
import type { CallStepData, OperationData, StepData, WorkStepData } from '../scenario-data.ts'

/** `{ work, calls }` where it works first and then makes sure calls one after another, else `{ steps }`. */
export function operationData(steps: readonly StepData[]): Pick<OperationData, 'work' | 'calls' | 'steps'> {
  const [first] = steps
  const work = first !== undefined && isWork(first) ? first.work : undefined
  const rest = work === undefined ? steps : steps.slice(1)
  if (!rest.every(isPlainCall)) return { steps }
  const calls = rest.map(({ call }) => call)
  return { ...(work === undefined ? {} : { work }), ...(calls.length === 0 ? {} : { calls }) }
}

function isWork(step: StepData): step is WorkStepData {
  return 'work' in step
}

function isPlainCall(step: StepData): step is CallStepData {
  return 'call' in step && step.probability === undefined && step.optional === undefined
}
