import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

import type { byArktype, byValibot, byZod, SchemaRouter } from './schemas.ts'
import type { AllTrue, Equal, Known } from './types.ts'

interface Credentials {
  name: string
  year: string
}
type Role = 'reader' | 'writer'
type Inputs = inferRouterInputs<SchemaRouter>
type Outputs = inferRouterOutputs<SchemaRouter>
type Verified<T extends { verify: (token: string) => unknown }> = Awaited<ReturnType<T['verify']>>

export type Seen = Known<{
  zodInput: Inputs['zod']['token']['create']
  zodYear: Inputs['zod']['token']['create']['year']
  zodClaims: Outputs['zod']['claims']
  zodRole: Verified<typeof byZod>['role']
  valibotInput: Inputs['valibot']['token']['create']
  valibotYear: Inputs['valibot']['token']['create']['year']
  valibotClaims: Outputs['valibot']['claims']
  valibotRole: Verified<typeof byValibot>['role']
  arktypeInput: Inputs['arktype']['token']['create']
  arktypeYear: Inputs['arktype']['token']['create']['year']
  arktypeClaims: Outputs['arktype']['claims']
  arktypeRole: Verified<typeof byArktype>['role']
}>

export type Right = AllTrue<
  [
    Equal<Inputs['zod']['token']['create'], Credentials>,
    Equal<Inputs['valibot']['token']['create'], Credentials>,
    Equal<Inputs['arktype']['token']['create'], Credentials>,
    Equal<Outputs['zod']['claims']['role'], Role>,
    Equal<Outputs['valibot']['claims']['role'], Role>,
    Equal<Outputs['arktype']['claims']['role'], Role>,
    Equal<Verified<typeof byZod>['sub'], string>,
    Equal<Verified<typeof byValibot>['sub'], string>,
    Equal<Verified<typeof byArktype>['sub'], string>,
  ]
>
