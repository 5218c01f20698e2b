const MEANINGS: Record<string, string> = {
  alg: 'the algorithm of the signature; the server accepts only the configured algorithms',
  typ: 'the type: an access token (RFC 9068)',
  sub: 'the subject: the user’s id, from authorise',
  name: 'a claim of this app, from authorise; after a renewal, from reauthorise',
  scope: 'what the token allows, from authorise; after a renewal, from reauthorise',
  iat: 'when the token was issued',
  exp: 'when the token expires',
  auth_time: 'when the user signed in; a renewal does not change it',
  jti: 'the id of this token',
  sid: 'the id of the session; when the session ends, the token is rejected',
}
const TIMES = ['iat', 'exp', 'auth_time']

interface ClaimsTableProps {
  header: object
  claims: object
}

/** The members of a token, and what they mean. */
export function ClaimsTable({ header, claims }: ClaimsTableProps) {
  return (
    <table>
      <caption>Header and claims</caption>
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
          <td>only the passphrase can make it; after any change of the token it does not fit</td>
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
