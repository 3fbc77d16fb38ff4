// Reads every source of the workspace and prints who breaks a law; exits 1 if anyone does.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { checkBoundaries } from './laws.ts'

const root = join(import.meta.dirname, '..', '..')
const files = new Map<string, string>()

function read(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || entry.name === 'dist') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) read(path)
    else if (/\.[mc]?ts$/.test(entry.name))
      files.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'))
  }
}
read(root)

const violations = checkBoundaries(files)
for (const { file, line, law, message } of violations) console.log(`${file}:${line}  ${law}  ${message}`)
console.log(`boundaries: ${files.size} files, ${violations.length} violations`)
process.exitCode = violations.length > 0 ? 1 : 0
