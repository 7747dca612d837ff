import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Namespace } from '../netns/namespace.ts';
import { type Figures, figuresOf } from './figures.ts';
import { cpuNs } from './process-cpu.ts';

/** fping (Debian 5.1) with a packet a second to each address: the peer. */
export const runFping = async (namespace: Namespace, addresses: readonly string[], seconds: number): Promise<Figures> => {
  const apartMs = 1000 / addresses.length;
  const child = namespace.spawn(['fping', '-q', '-C', String(seconds), '-p', '1000', '-i', String(apartMs), '-t', '900', '-f', '-']);
  child.stdin?.end(addresses.join('\n'));
  child.stdout?.resume();
  const exit = once(child, 'exit');
  let ns = 0;
  const watch = setInterval(() => (ns = cpuNs(child.pid ?? -1) ?? ns), 100);
  const rttsMs: number[] = [];
  let lost = 0;
  if (child.stderr === null) throw new Error('no stderr');
  for await (const line of createInterface(child.stderr)) {
    for (const word of line.split(' : ')[1]?.trim().split(/\s+/) ?? []) {
      if (word === '-') lost += 1;
      else rttsMs.push(Number(word));
    }
  }
  await exit;
  clearInterval(watch);
  return figuresOf({ rttsMs, sent: rttsMs.length + lost, lost, cpuNs: ns, cpuPackets: rttsMs.length + lost, wholeCpuNs: ns });
};
