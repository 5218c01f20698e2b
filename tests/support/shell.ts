import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'

/** How a command ended. */
export interface Ran {
  code: number
  output: string
}

export interface Shell {
  /** Runs a line as if it were typed, and gives what has been printed meanwhile. */
  run: (command: string) => Promise<Ran>
  /** Ends the shell and what it has left running. */
  close: () => void
}

/**
 * Opens a shell that takes one line after the other. What runs in the background has a process group of its own, as in a
 * terminal, so that `kill %1` ends all of it; the rest is of the shell's group.
 */
export function openShell(cwd: string, env: NodeJS.ProcessEnv): Shell {
  const shell = spawn('bash', ['--norc', '--noprofile'], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const groups = new Set([shell.pid])
  let printed = ''
  let heard: (() => void) | undefined
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    heard?.()
  })
  shell.once('exit', () => heard?.())
  shell.stdin.write('exec 2>&1\n')

  const run = (command: string): Promise<Ran> => {
    const mark = randomUUID()
    const ending = new RegExp(`\\n${mark} (\\d+) (\\d*)\\n`)
    const line = command.endsWith('&') ? `set -m; ${command}\nset +m` : command
    printed = ''
    shell.stdin.write(`{ ${line}\n} </dev/null; printf '\\n%s %s %s\\n' ${mark} "$?" "$!"\n`)
    return new Promise((resolve, reject) => {
      heard = () => {
        const ended = ending.exec(printed)
        if (ended?.[2]) groups.add(Number(ended[2]))
        if (ended) resolve({ code: Number(ended[1]), output: printed.slice(0, ended.index) })
        else if (shell.exitCode !== null) reject(new Error(`The shell ended at \`${command}\`: ${printed}`))
      }
      heard()
    })
  }

  const close = () => {
    for (const group of groups) if (group !== undefined) endGroup(group)
  }
  return { run, close }
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has ended already
  }
}
