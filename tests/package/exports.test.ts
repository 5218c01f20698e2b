import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'

import * as entry from 'trpc-jwt-trivial'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { pack, root, type Packed } from '../support/pack.ts'

interface Manifest {
  exports: Record<string, string | { types: string; default: string }>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Manifest

const namesIn = (text: unknown): string[] => String(text).match(/\w+/g) ?? []

describe('the entry', () => {
  it('exports these values', () => {
    const values =
      'JwtRejection assertProtected createJwtTrivial createJwtVerifier jwtErrorData memorySessions rejectionTexts'
    expect(new Set(Object.keys(entry))).toEqual(new Set(namesIn(values)))
  })

  it('exports these types', () => {
    const types = [...read('src/index.ts').matchAll(/export type \{([^}]+)\}/g)].flatMap(([, names]) => namesIn(names))
    expect(new Set(types)).toEqual(
      new Set(
        namesIn(`
          Bearer BearerContext Claims RegisteredClaims UntypedClaims OwnClaims ClaimsFor DeepReadonly MaybePromise
          JwtTrivial JwtIssuer SessionControls JwtTrivialOptions SessionOptions VerifierSessionOptions
          SessionStore NewSession Rotation MemorySessions MemorySessionsOptions JwtVerifier JwtVerifierOptions Passphrase Duration Retfunc Outcome TokenIdentity
          HmacAlgorithm JwtAlgorithm KeyPairAlgorithm NamedJwk PublicKeySet
          Protect ProtectOptions OptionalProtectOptions ProtectedProcedure AssertProtectedOptions
          CreateAccessToken AccessTokenOptions IssuedToken TokenPair IssueOnly IssueAndRenew TokenRouter TokenRouterTypes
          ClientReason JwtErrorData RejectionReason ResponseMeta ResponseMetaOptions
        `),
      ),
    )
  })
})

describe('the tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tarball-'))
  let packed: Packed
  beforeAll(() => {
    packed = pack(folder)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  it('has code, its source and the papers, and nothing else', () => {
    const rest = packed.files.filter((path) => !/^(?:dist|src)\/(?:[\w-]+\/)*[\w.-]+\.(?:js|ts)(?:\.map)?$/.test(path))
    expect(new Set(rest)).toEqual(new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']))
  })

  it('has what `exports` points at', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    )
    expect(targets.filter((target) => !packed.files.includes(posix.normalize(target)))).toEqual([])
  })

  it('has the sources that its maps name', () => {
    const maps = packed.files.filter((path) => path.endsWith('.map'))
    const sources = maps.flatMap((path) => {
      const map = JSON.parse(read(path)) as { sources: string[] }
      return map.sources.map((source) => posix.join(posix.dirname(path), source))
    })
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.filter((source) => !packed.files.includes(source))).toEqual([])
  })

  it('imports what it depends on, and nothing of Node', () => {
    const imported = packed.files
      .filter((path) => /^dist\/.*(?:\.js|\.d\.ts)$/.test(path))
      .flatMap((path) => [...read(path).matchAll(/(?:from|import|import\()\s*['"]([^.'"][^'"]*)['"]/g)])
      .map(([, specifier]) => /^(?:@[^/]+\/)?[^/]+/.exec(String(specifier))?.[0])
    const known = { ...manifest.dependencies, ...manifest.peerDependencies }
    expect([...new Set(imported)].filter((name) => name === undefined || !(name in known))).toEqual([])
  })
})

describe('the client', () => {
  it('brings no jose, no zod and no server into a browser', () => {
    const importedBy = (path: string): string[] =>
      [...read(path).matchAll(/^(?:import|export) (?!type )[^']*from '([^']+)'/gm)].flatMap(([, specifier = '']) =>
        specifier.startsWith('.') ? importedBy(posix.join(posix.dirname(path), specifier)) : [specifier],
      )
    expect(new Set(importedBy('src/client.ts'))).toEqual(new Set(['@trpc/client', '@trpc/server/observable']))
  })
})

describe('the lock files', () => {
  it.each(['package-lock.json', 'tests/runtimes/package-lock.json'])('%s names no registry', (path) => {
    expect(read(path)).not.toContain('"resolved"')
  })
})
