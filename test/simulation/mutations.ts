import { registerHooks } from 'node:module';
import type { Failure } from './journal.ts';

/** A bug put into one file of the product as it is loaded: the text `from` becomes `to`. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The promises of which the simulation may say that they are broken by it. */
  readonly breaks: readonly Failure['promise'][];
}

export const MUTATIONS = {
  'acknowledge before the commit': {
    file: 'controller/ingest/commit.ts',
    from: 'if (commit(group)) for (const [agent, acknowledgement] of acknowledgements(group)) acknowledge(agent, acknowledgement);',
    to: 'for (const [agent, acknowledgement] of acknowledgements(group)) acknowledge(agent, acknowledgement); await slept(clock, 20, signal); commit(group);',
    breaks: [1, 2],
  },
  'forget the epoch': {
    file: 'controller/arrivals/log.ts',
    from: 'const { agent, batch, held } = item;',
    to: "const { agent, held } = item; const batch = { ...item.batch, epoch: '0000000000000000' };",
    breaks: [1, 2],
  },
  'take a PUBACK for an acknowledgement': {
    file: 'agent/uplink/uplink.ts',
    from: 'send(batchText(head, wire));',
    to: 'send(batchText(head, wire)); spool.acknowledge(epoch, stamped.map(({ seq }) => [seq, seq]), stamped.length);',
    breaks: [1, 2],
  },
  'move the cursor before the write': {
    file: 'controller/arrivals/consume.ts',
    from: 'const done = handle(arrivals).then(',
    to: 'log.move(name, arrivals.at(-1)?.position ?? 0); const done = handle(arrivals).then(',
    breaks: [1, 2],
  },
  'forget that the host was suspended': {
    file: 'agent/time/steady.ts',
    from: 'if (Math.abs(sleptMs) < NOTICE_MS) return 0;',
    to: 'if (Math.abs(sleptMs) >= 0) return 0;',
    breaks: [1],
  },
  "forget the controller's slewing in the bound": {
    file: 'agent/time/offset.ts',
    from: '(50 + SLEW_MAX_PPM) / 1e6',
    to: '50 / 1e6 + 0 * SLEW_MAX_PPM',
    breaks: [1],
  },
  'alert on arrival time': {
    file: 'controller/alerts/watermark.ts',
    from: "arrival.lane === 'fresh' ? arrival.observations.filter(({ end }) => end > before.upTo) : [];",
    to: 'arrival.observations.map((seen) => ({ ...seen, at: arrival.arrivedAt + seen.at - seen.end, end: arrival.arrivedAt }));',
    breaks: [3, 9],
  },
  'forget which notification was sent': {
    file: 'controller/alerts/outbox.ts',
    from: "await update.set({ state: 'delivered', attempts, delivered_at: now, last_error: null }).execute();",
    to: "await update.set({ state: 'delivered', attempts, delivered_at: now, last_error: null, idempotency_key: random.hex(8) }).execute();",
    breaks: [9],
  },
  'damp what fired once, and for longer': {
    file: 'controller/alerts/judge.ts',
    from: 'fires.length >= damping.times ? Math.max(keepMs, damping.withinMs / 2) : keepMs',
    to: 'fires.length >= 1 ? Math.max(keepMs, damping.withinMs * 2) : keepMs',
    breaks: [9],
  },
  'every agent is a cause of its own': {
    file: 'controller/alerts/grouping.ts',
    from: "if (seenByOthers(evidence.others)) return { cause: 'target', why: 'seen-by-others' };",
    to: "if (seenByOthers(evidence.others)) return { cause: 'agent', why: 'all-its-targets' };",
    breaks: [9],
  },
  'backlog first': {
    file: 'agent/uplink/uplink.ts',
    from: 'this.#sendFresh(this.#send);',
    to: 'if (spool.select(0, this.#freshFrom, 1).length === 0) this.#sendFresh(this.#send);',
    breaks: [2],
  },
} as const satisfies Readonly<Record<string, Mutation>>;
export type MutationName = keyof typeof MUTATIONS;

/** From here on that file is loaded with the bug. Throws when the text is not there any more: then the mutation must follow the code. */
export const mutate = (name: MutationName): void => {
  const mutation = MUTATIONS[name];
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(`/${mutation.file}`)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(mutation.from)) throw new Error(`mutation "${name}": ${mutation.file} has no "${mutation.from}"`);
      return { ...loaded, source: source.replace(mutation.from, () => mutation.to) };
    },
  });
};
