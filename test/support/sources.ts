// Source files of the project as data, for the gates.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface SourceFile {
  /** Path below the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** All files below a folder whose name ends in one of the endings. */
export function sourceFiles(folder: string, endings: readonly string[] = ['.ts']): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\/(node_modules|dist|build[^/]*)\//.test(path))
    .sort()
    .map((path) => ({ path: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))
}

export interface ImportOf {
  /** As written. */
  readonly specifier: string
  readonly typeOnly: boolean
  /** `import('…')` inside code. */
  readonly dynamic: boolean
}

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gms
const DYNAMIC = /\bimport\('([^']+)'\)/g

/** Every import and re-export of a source text. */
export function importsOf(text: string): ImportOf[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [
    ...[...code.matchAll(STATIC)].map(([, type, specifier = '']) => ({
      specifier,
      typeOnly: type !== undefined,
      dynamic: false,
    })),
    ...[...code.matchAll(DYNAMIC)].map(([, specifier = '']) => ({
      specifier,
      typeOnly: false,
      dynamic: true,
    })),
  ]
}

/** Path below the root that a relative specifier of `from` names (`.js` becomes `.ts`). */
export function resolveImport(from: string, specifier: string): string {
  return relative(ROOT, resolve(ROOT, from, '..', specifier))
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts')
}
