import { useId, useState, type ReactNode } from 'react'

import { LIFETIMES, type Lifetime } from '../page/lifetimes.ts'
import { Calls } from './calls.tsx'
import { Device } from './device.tsx'
import { Feeds } from './feeds.tsx'
import { LifetimeSlider } from './lifetime-slider.tsx'
import { OtherDevice } from './other-device.tsx'
import { Renewal } from './renewal.tsx'
import { ServerSide } from './server-side.tsx'
import { SignIn } from './sign-in.tsx'
import { Tamper } from './tamper.tsx'
import { TokenView } from './token-view.tsx'
import { WireView } from './wire-view.tsx'
import { createWire } from './wire.ts'

export function Page() {
  const [wire] = useState(createWire)
  const [lifetime, setLifetime] = useState<Lifetime>(LIFETIMES[1])
  return (
    <>
      <header>
        <h1>Bearer tokens at work</h1>
        <p>
          A notes API that <code>trpc-jwt-trivial</code> protects, and two of its clients. Do something on the left. On
          the right you see the requests, and what the server decided.
        </p>
        <LifetimeSlider lifetime={lifetime} onChange={setLifetime} />
      </header>
      <div className="sides">
        <main>
          <Device name="This device" lifetime={lifetime} wire={wire}>
            <Section title="Sign in">
              <SignIn />
            </Section>
            <Section title="The token">
              <TokenView />
            </Section>
            <Section title="Call procedures">
              <Calls />
            </Section>
            <Section title="Watch a renewal">
              <Renewal />
            </Section>
            <Section title="Live feeds">
              <Feeds lifetime={lifetime} />
            </Section>
            <Section title="Edit the token">
              <Tamper lifetime={lifetime} wire={wire} />
            </Section>
          </Device>
          <Device name="Second device" lifetime={lifetime} wire={wire}>
            <Section title="A second device">
              <OtherDevice />
            </Section>
          </Device>
        </main>
        <aside aria-label="Behind the scenes" tabIndex={0}>
          <Section title="On the server’s side">
            <ServerSide />
          </Section>
          <Section title="Over the wire">
            <WireView wire={wire} />
          </Section>
        </aside>
      </div>
    </>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}
