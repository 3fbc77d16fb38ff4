/** A scenario in data form as the text of a file that somebody will read and change: YAML, JSON or code. */
import { wrapped } from './folded.ts'
import type { ImportedScenario, ImportNotes } from './importing/import-scenario.ts'
import { literal } from './literal.ts'
import { yamlText } from './yaml-text.ts'

/** YAML, with the notes as comments. */
export function scenarioAsYaml({ data, notes, remarks }: ImportedScenario): string {
  const comments = new Map([...remarks].map(([service, text]) => [`topology\n${service}`, text]))
  const isOpen = ([first, ...others]: readonly string[]): boolean =>
    (first === 'topology' && others.length === 0) || (first === 'workload' && others.length < 2)
  return `${commented(notes, '#')}\n${yamlText(data, comments, isOpen)}`
}

/** JSON, with the notes as its `notes`. */
export function scenarioAsJson({ data, notes }: ImportedScenario): string {
  const { name, ...rest } = data
  const sentences = notes.flatMap((one) => one.sentences.map((sentence) => `${one.title}: ${sentence}`))
  return `${literal({ name, notes: sentences, ...rest }).text}\n`
}

/** Code with a default export, with the notes as its comment. */
export function scenarioAsCode({ data, notes, remarks }: ImportedScenario): string {
  const { text, helpers } = literal(data, remarks)
  return [
    commented(notes, '//'),
    `import { ${['defineScenario', ...helpers].sort().join(', ')} } from '@seakeep/sim'`,
    '',
    `export default defineScenario(${text})`,
    '',
  ].join('\n')
}

function commented(notes: readonly ImportNotes[], mark: string): string {
  const lines = notes.flatMap(({ title, sentences }) => [
    `${mark} ${title}:`,
    ...sentences.flatMap((sentence) => wrapped(sentence.split(/\s+/), `${mark}   - `, `${mark}     `)),
  ])
  return `${lines.join('\n')}\n`
}
