/** The command that makes the same run again: every option that changes a run is in it, and it works where it is read. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/** `words` with the way to start this program before them, quoted for a shell. */
export function commandLine(words: readonly string[], env: Env): string {
  return [launcher(env), ...words.map(quoted)].join(' ')
}

/** How the program was started: through the workspace's scripts, else as an installed command. */
function launcher(env: Env): string {
  const version = /^pnpm\/(\S+)/.exec(env.npm_config_user_agent ?? '')?.[1]
  const isWorkspace = env.npm_package_name === 'seakeep' && env.npm_lifecycle_event !== undefined
  if (!isWorkspace || version === undefined) return env.npm_command === 'exec' ? 'npx seakeep' : 'seakeep'
  return isOnPath('pnpm', env.PATH ?? '') ? 'pnpm seakeep' : `npx -y pnpm@${version} seakeep`
}

/** Leaves out what package managers put before the user's own path. */
function isOnPath(program: string, path: string): boolean {
  const own = path.split(delimiter).filter((folder) => !/[\\/](node_modules|_npx|\.pnpm)([\\/]|$)/.test(folder))
  return own.some((folder) => folder !== '' && existsSync(join(folder, program)))
}

function quoted(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) && !word.includes('\\') ? word : `'${word.replaceAll("'", "'\\''")}'`
}
