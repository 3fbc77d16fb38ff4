// What one source text imports and which globals it reads. Type imports count like any other, since a circle of types
// is a circle. Names bound by the file itself are no globals, so scopes are followed (a parameter may be called `process`).
import { type Node, parseSync, visitorKeys } from 'oxc-parser'

export interface Mention {
  readonly name: string
  /** Offset in the text. */
  readonly at: number
}

export interface Source {
  /** Module specifiers: import, export from, import(), import('x') types, `declare module 'x'`. */
  readonly imports: readonly Mention[]
  /** Unbound names read as values; members as `Math.random`; `globalThis.x` as `x`. */
  readonly globals: readonly Mention[]
  readonly errors: readonly string[]
}

type Tree = Node & Record<string, unknown>

const GLOBAL_OBJECTS = new Set(['globalThis', 'global', 'window', 'self'])
const MODULE_NODES = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])
/** Nodes of TypeScript that hold expressions; in all others an identifier is a type's. */
const VALUE_NODES = /^TS(As|Satisfies|NonNull|Instantiation)Expression$|^TSTypeAssertion$|^TS(Enum|Module|Export)/

export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text, { sourceType: 'module' })
  const imports: Mention[] = []
  const globals: Mention[] = []
  const scopes: Set<string>[] = []
  const mention = (to: Mention[], name: string, node: Tree): void => {
    to.push({ name, at: node.start })
  }
  const globalName = (node: Tree | null): string | undefined => {
    if (node?.type === 'Identifier') return scopes.some((names) => names.has(node.name)) ? undefined : node.name
    if (node?.type !== 'MemberExpression') return undefined
    const object = globalName(node.object as Tree)
    const property = memberName(node)
    if (object === undefined || property === undefined) return undefined
    return GLOBAL_OBJECTS.has(object) ? property : `${object}.${property}`
  }

  const visit = (node: Tree, asType: boolean): void => {
    if (MODULE_NODES.has(node.type) && literal(node.source)) mention(imports, literal(node.source) as string, node)
    if (node.type === 'TSModuleDeclaration' && literal(node.id)) mention(imports, literal(node.id) as string, node)
    if (node.type === 'TSExternalModuleReference') mention(imports, literal(node.expression) as string, node)
    if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return
    if (node.type === 'ExportNamedDeclaration' && node.source) return

    const own = bindings(node)
    if (own) scopes.push(own)
    if (!asType) {
      const name = globalName(node)
      if (name !== undefined) {
        mention(globals, name, node)
        // `Math.random` is told as a whole; only a computed key has more inside.
        if (own) scopes.pop()
        return
      }
      if (node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern') {
        const from = globalName(node.init as Tree | null)
        for (const property of from === undefined ? [] : node.id.properties) {
          const key = property.type === 'Property' && !property.computed ? keyName(property.key as Tree) : undefined
          if (key !== undefined) mention(globals, GLOBAL_OBJECTS.has(from as string) ? key : `${from}.${key}`, node)
        }
      }
    }
    for (const key of visitorKeys[node.type] ?? []) {
      if (isNameOnly(node, key)) continue
      const child = node[key] as Tree | (Tree | null)[] | null | undefined
      for (const each of Array.isArray(child) ? child : [child]) {
        if (each)
          visit(each, asType || each.declare === true || (each.type.startsWith('TS') && !VALUE_NODES.test(each.type)))
      }
    }
    if (own) scopes.pop()
  }
  visit(program as unknown as Tree, false)
  return { imports, globals, errors: errors.map((error) => error.message) }
}

function literal(node: unknown): string | undefined {
  const value = (node as { type?: string; value?: unknown } | null)?.value
  return typeof value === 'string' ? value : undefined
}

function keyName(node: Tree): string | undefined {
  return node.type === 'Identifier' ? node.name : literal(node)
}

function memberName(node: Tree): string | undefined {
  return node.computed ? literal(node.property) : keyName(node.property as Tree)
}

/** True where the child is a name and no reading of a variable: `x.name`, `{ name: 1 }`, `name: for`. */
function isNameOnly(node: Tree, key: string): boolean {
  if (key === 'label' || key === 'exported' || node.type === 'MetaProperty') return true
  if (node.type === 'TSModuleDeclaration') return key === 'id'
  if (node.type === 'MemberExpression') return key === 'property' && !node.computed
  return key === 'key' && !node.computed
}

/**
 * The names that a scope binds, or nothing where the node opens no scope. `declare` binds nothing, and
 * what vitest hands out (`vi.useFakeTimers`) counts as a global.
 */
function bindings(node: Tree): Set<string> | undefined {
  const names = new Set<string>()
  const add = (pattern: Tree | null | undefined): void => {
    if (!pattern) return
    if (pattern.type === 'Identifier') names.add(pattern.name)
    if (pattern.type === 'ObjectPattern') for (const property of pattern.properties) add(property as Tree)
    if (pattern.type === 'ArrayPattern') for (const element of pattern.elements) add(element as Tree | null)
    const inner = {
      Property: 'value',
      AssignmentPattern: 'left',
      RestElement: 'argument',
      TSParameterProperty: 'parameter',
    }
    const key = inner[pattern.type as keyof typeof inner]
    if (key) add(pattern[key] as Tree)
  }
  const declare = (statement: Tree | null | undefined): void => {
    if (!statement || statement.declare) return
    if (statement.type === 'ExportNamedDeclaration') declare(statement.declaration as Tree | null)
    else if (statement.type === 'ExportDefaultDeclaration') declare(statement.declaration as Tree)
    else if (statement.type === 'VariableDeclaration') for (const each of statement.declarations) add(each.id as Tree)
    else if (statement.type === 'ImportDeclaration' && statement.source.value !== 'vitest')
      for (const each of statement.specifiers) add(each.local as Tree)
    else if (/^(Function|Class|TSEnum)Declaration$/.test(statement.type)) add(statement.id as Tree | null)
  }
  switch (node.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'TSModuleBlock':
      for (const statement of node.body) declare(statement as Tree)
      return names
    case 'SwitchStatement':
      for (const each of node.cases) for (const statement of each.consequent) declare(statement as Tree)
      return names
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      add(node.id as Tree | null)
      for (const parameter of node.params as unknown as Tree[]) add(parameter)
      return names
    case 'ClassExpression':
      add(node.id as Tree | null)
      return names
    case 'CatchClause':
      add(node.param as Tree | null)
      return names
    case 'ForStatement':
      declare(node.init as Tree | null)
      return names
    case 'ForInStatement':
    case 'ForOfStatement':
      declare(node.left as Tree)
      return names
    default:
      return undefined
  }
}
