import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { SnmpAccessFile } from '../../protocol/probes/snmp.ts';
import { pathsIn } from '../data.ts';
import { PACKAGED } from '../program.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';

const AGENT = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');

/** The lines of this host's agent program, whose guard rails hold; its complaints go to standard error as they are. Secrets go in by its
 * standard input. */
export async function* askFromHere(data: string, words: readonly string[], access: SnmpAccessFile): AsyncGenerator<unknown> {
  const [program = '', ...first] = PACKAGED ? ['sonde-agent'] : [process.execPath, AGENT];
  const rest = PACKAGED ? [] : ['--data', pathsIn(data).agent];
  const child = spawn(program, [...first, 'snmp', ...words, '--json', ...rest, '--access-file', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const missing = new Promise<never>((_, reject) =>
    child.on('error', () =>
      reject(new CommandFailed(EXIT.unavailable, `there is no ${program} on this host: ask by an agent of the fleet, --agent ID`)),
    ),
  );
  child.stdin.on('error', () => {}); // it ended before it read: what it said tells why
  child.stdin.end(JSON.stringify(access));
  const exit = Promise.race([once(child, 'exit'), missing]);
  exit.catch(() => undefined); // looked at below
  for await (const line of createInterface(child.stdout)) yield JSON.parse(line);
  const [code] = await exit;
  if (code !== 0) throw new CommandFailed(EXIT.unavailable, 'the agent program could not do it; its line above says why');
}
