/** Rules that the switch BREAK breaks on purpose: a run that breaks one must report violations, or the ledger is blind to it. */
const RULES = {
  headers: '`headers` hands out the current token without a look at whose call it is',
  socket: 'no `session.socket` before `wsLink`',
  roles: 'streams go on with the claims that they were opened with',
  grace: 'no rotation is forgiven, though half of the devices have no locks',
}

export type Rule = keyof typeof RULES

const named = (process.env['BREAK'] ?? '').split(',').filter((name) => name !== '')
for (const name of named) {
  if (!Object.hasOwn(RULES, name)) throw new Error(`BREAK is of ${Object.keys(RULES).join(', ')}.`)
}

export const isBroken = (rule: Rule): boolean => named.includes(rule)

/** What is broken in this run, in words. */
export const brokenRules = (): string[] => named.map((name) => `Broken on purpose: ${RULES[name as Rule]}`)
