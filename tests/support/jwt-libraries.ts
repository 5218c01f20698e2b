import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { createSigner, createVerifier } from 'fast-jwt'
import jsonwebtoken from 'jsonwebtoken'
import type { HmacAlgorithm } from 'trpc-jwt-trivial'

/** What another library is asked for. */
export interface Secret {
  passphrase: string
  algorithm: HmacAlgorithm
}

/** Another library that knows JWTs. */
export interface JwtLibrary {
  sign(claims: object, secret: Secret): string
  /** The claims of a token that it accepts; undefined for one that it refuses. */
  verify(token: string, secret: Secret): unknown
}

const orUndefined = <T>(verify: () => T): T | undefined => {
  try {
    return verify()
  } catch {
    return undefined
  }
}

export const jsonwebtokenLibrary: JwtLibrary = {
  sign: (claims, { passphrase, algorithm }) => jsonwebtoken.sign(claims, passphrase, { algorithm }),
  verify: (token, { passphrase, algorithm }) =>
    orUndefined(() => jsonwebtoken.verify(token, passphrase, { algorithms: [algorithm] })),
}

export const fastJwtLibrary: JwtLibrary = {
  sign: (claims, { passphrase, algorithm }) => createSigner({ key: passphrase, algorithm })({ ...claims }),
  verify: (token, { passphrase, algorithm }) =>
    orUndefined(() => createVerifier({ key: passphrase, algorithms: [algorithm] })(token) as unknown),
}

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('../verify/pyjwt.py', import.meta.url))
const askPython = (request: object) =>
  JSON.parse(execFileSync(python, [script], { input: JSON.stringify(request), encoding: 'utf8' })) as {
    token: string
    claims?: unknown
  }

export const pyJwtLibrary: JwtLibrary = {
  sign: (claims, secret) => askPython({ claims, ...secret }).token,
  verify: (token, secret) => askPython({ token, ...secret }).claims,
}

/** Whether PyJWT is there (Debian: `apt-get install python3-jwt`). */
export const hasPyJwt = (): boolean => spawnSync(python, ['-c', 'import jwt']).status === 0
