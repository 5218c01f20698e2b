const MEANINGS: Record<string, string> = {
  alg: 'how it is signed; a server accepts only what it was told to',
  typ: 'what it is: an access token, and no other kind (RFC 9068)',
  sub: 'whom it speaks of; authorise said so',
  name: 'a claim of this app’s own; authorise said so',
  scope: 'what its bearer may do; authorise said so',
  iat: 'when it was issued',
  exp: 'from when on it is refused',
  auth_time: 'when the password was given; a renewal leaves it as it is',
  jti: 'names this token',
  sid: 'names the session; once that is over, so is the token',
}
const TIMES = ['iat', 'exp', 'auth_time']

interface ClaimsTableProps {
  header: object
  claims: object
}

/** What a token says, and why. */
export function ClaimsTable({ header, claims }: ClaimsTableProps) {
  return (
    <table>
      <caption>What it says</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        <Rows of={header} className="header" />
        <Rows of={claims} className="payload" />
        <tr className="signature">
          <th scope="row">signature</th>
          <td>of the two parts before it</td>
          <td>nobody can make it who lacks the passphrase, and none fits after a change</td>
        </tr>
      </tbody>
    </table>
  )
}

function Rows({ of, className }: { of: object; className: string }) {
  return Object.entries(of).map(([name, value]) => (
    <tr key={name} className={className}>
      <th scope="row">{name}</th>
      <td>
        {String(value)}
        {TIMES.includes(name) && <small> {new Date(Number(value) * 1_000).toLocaleTimeString()}</small>}
      </td>
      <td>{MEANINGS[name]}</td>
    </tr>
  ))
}
