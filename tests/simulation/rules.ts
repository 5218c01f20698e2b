import {
  answersOf,
  asksOf,
  authorizations,
  callOf,
  causeOfSignOut,
  closedTabs,
  crashes,
  excuseOf,
  finals,
  isOf,
  isReplacedAtOnce,
  lastAsk,
  mayBeRefused,
  overtakers,
  pairsOfRefreshes,
  refreshTokens,
  signOuts,
  strayedSids,
  type Evidence,
} from './evidence.ts'
import { callsOfNobody, lateRefreshes, leftSubscriptions, lonelySignIns, undisturbed } from './outcomes.ts'

/** A promise of the client: what there is to look at, and whether each of it is as it should be. */
export interface Rule {
  readonly rule: number
  readonly name: string
  readonly check: (evidence: Evidence) => { readonly cases: number; readonly broken: readonly unknown[] }
}

function rule<Case>(
  number: number,
  name: string,
  { of, holds }: { of: (e: Evidence) => readonly Case[]; holds: (one: Case, e: Evidence) => boolean },
): Rule {
  return {
    rule: number,
    name,
    check(evidence) {
      const cases = of(evidence)
      return { cases: cases.length, broken: cases.filter((one) => !holds(one, evidence)) }
    },
  }
}

/** A third of the grace, and 5 s when the grace is over, less what a slow storage takes between the clock and the request. */
const REPEAT_MS = 2_700
const PAUSE_MS = 4_300
const REPEATED_FOR_MS = 9_000
const LONGEST_WAIT_MS = 26_000
const HEADER = /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/

export const rules: readonly Rule[] = [
  rule(1, 'a call over HTTP runs as the sign-in that was shown when it was made', {
    of: (e) => e.trace.runs.filter((run) => callOf(run, e).over === 'http'),
    holds: (run, e) => isOf(run.sid, callOf(run, e), e),
  }),
  rule(1, 'a subscription gets only events of the sign-in that was shown when it was opened', {
    of: (e) => e.trace.events,
    holds: (event, e) => isOf(event.sid, callOf(event, e), e),
  }),
  rule(1, 'a subscription ends with its sign-in', {
    of: (e) => leftSubscriptions(e),
    holds: ({ call, leftAt }) => call.settledAt !== undefined && call.settledAt <= leftAt + 1,
  }),
  rule(2, 'a tab never goes back to a sign-in that it has left', {
    of: (e) => e.trace.shown.filter(({ signIn }) => signIn !== null),
    holds: (shown, e) => !strayedSids(shown, e),
  }),
  rule(2, 'when all have read, all hold the same sign-in', {
    of: (e) => finals(e),
    holds: (final, e) => final.sid === finals(e)[0]?.sid,
  }),
  rule(2, 'when all have read, all hold the sign-in that was asked for last', {
    of: (e) => lastAsk(e),
    holds: (ask, e) => finals(e).every(({ sid }) => sid === ask.sid || (sid === undefined && mayBeRefused(ask.sid, e))),
  }),
  rule(3, 'a sign-in that succeeds was not overtaken', {
    of: (e) => asksOf(e).filter(({ call }) => call.path === 'token.create' && call.shownThen !== undefined),
    holds: ({ call }, e) =>
      overtakers(call, e).length === 0 && (call.shownThen?.sub === call.user || isReplacedAtOnce(call, e)),
  }),
  rule(3, 'a sign-in that is answered while nobody asks for another one succeeds', {
    of: (e) => lonelySignIns(e),
    holds: ({ call }) => call.shownThen !== undefined,
  }),
  rule(3, 'a session whose sign-in was overtaken is over', {
    of: (e) => answersOf(e).filter(({ call }) => call.error !== undefined),
    holds: ({ sid }, e) => mayBeRefused(sid, e),
  }),
  rule(4, 'every call settles', {
    of: (e) => e.trace.calls.filter(({ path, tab }) => !path.endsWith('eed') && !closedTabs(e).has(tab)),
    holds: (call, e) =>
      call.settledAt !== undefined ||
      e.trace.requests.some(({ calls, outcome }) => calls.includes(call.n) && outcome === 'silent'),
  }),
  rule(4, 'the client itself keeps no call waiting for long', {
    of: (e) => e.waits,
    holds: ({ ms }) => ms <= LONGEST_WAIT_MS,
  }),
  rule(4, 'calls of a sign-in that lasts are answered where nothing is lost', {
    of: (e) => undisturbed(e),
    holds: ({ error }) => error === undefined,
  }),
  rule(4, 'a refresh token is sent after the grace only when the access token is over', {
    of: (e) => lateRefreshes(e),
    holds: ({ after, overAt }) => after.at >= overAt,
  }),
  rule(4, 'no renewal is taken for theft', {
    of: (e) => e.trace.rotations,
    holds: (rotation, e) => rotation.result !== 'reused' || excuseOf(rotation, e),
  }),
  rule(4, 'nobody is signed out without a cause', {
    of: (e) => signOuts(e),
    holds: (out, e) => causeOfSignOut(out, e),
  }),
  rule(5, 'a refresh token goes only to the server that issued it', {
    of: (e) => e.trace.requests.filter(({ server }) => server === 'other.test'),
    holds: ({ text, path }, e) => !path.includes('refresh') && !refreshTokens(e).some((token) => text.includes(token)),
  }),
  rule(6, 'a call over a socket runs as the sign-in that was shown when it was made', {
    of: (e) => e.trace.runs.filter((run) => callOf(run, e).over === 'socket' && callOf(run, e).shown !== null),
    holds: (run, e) => isOf(run.sid, callOf(run, e), e),
  }),
  rule(7, 'every authorization header is one', {
    of: (e) => authorizations(e),
    holds: (text) => HEADER.test(text),
  }),
  rule(7, 'no call fails by a mistake of the client', {
    of: (e) => e.trace.calls.filter(({ error }) => error !== undefined),
    holds: (call) => !crashes(call),
  }),
  rule(7, 'calls of nobody are answered, whatever lies in the storage', {
    of: (e) => callsOfNobody(e),
    holds: ({ error }) => error === undefined,
  }),
  rule(8, 'after a renewal that failed there is a pause', {
    of: (e) => pairsOfRefreshes(e),
    holds: ({ first, before, after }) =>
      after.at - before.at >= (after.at - first.at < REPEATED_FOR_MS ? REPEAT_MS : PAUSE_MS),
  }),
]
