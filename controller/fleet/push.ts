// What each agent is to do, signed, on its retained topics. Only what changed is signed again; everything is published anew to a broker that forgot.
import { createHash } from 'node:crypto';
import type { Config, Latest } from '../../protocol/config.ts';
import type { ConfigReport } from '../../protocol/config-report.ts';
import { encode } from '../../protocol/codec.ts';
import type { PublishOptions } from '../../protocol/link.ts';
import type { Log } from '../../protocol/log.ts';
import type { Status } from '../../protocol/status.ts';
import { WATCHDOG_PLACE } from '../../protocol/watchdog.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { topic } from '../../protocol/topics.ts';
import type { State } from '../state/database.ts';
import { tasksOf } from './compile.ts';
import { machineTasksOf } from './machine/compile.ts';
import { readMachineSettings } from './machine/settings.ts';
import { nextRevision, readAgents, readRevision, readTargets } from './model.ts';
import { makeSerial } from './serial.ts';
import type { ConfigSigner } from './signer.ts';
import { readSealedWatchdogs } from './watchdogs.ts';
import { deviceTasksOf } from './snmp/compile.ts';
import { readSealedDevices, type Vault } from './snmp/devices.ts';

export interface Push {
  /** Compiles the fleet, signs and publishes what changed; which agents that were, and the fleet's revision then. */
  readonly sync: () => Promise<{ readonly revision: number; readonly agents: readonly string[] }>;
  /** Publishes everything anew. */
  readonly publishAll: () => Promise<void>;
  /** Dates again what is the latest, for every agent. */
  readonly publishLatest: () => Promise<void>;
  /** What the agent says that it runs; when it is ahead of us (a restored backup) the generation is raised. */
  readonly compare: (agent: string, applied: { readonly generation: number; readonly revision: number }) => void;
  readonly onStatus: (agent: string, status: Status) => void;
  readonly onReport: (agent: string, report: ConfigReport) => void;
}

export interface PushOptions {
  readonly state: State;
  readonly signer: ConfigSigner;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly publish: (topic: string, payload: Uint8Array, options?: PublishOptions) => void;
}

interface Pushed {
  readonly agent_id: string;
  readonly generation: number;
  readonly revision: number;
  readonly tasks_hash: string;
  readonly message: string;
}

/** An agent may say anything; a jump further than this is not taken for a lost backup. */
const MOST_GENERATIONS_AHEAD = 1_000;
/** So many signatures are made in one go: more would hold up acknowledgements and clock replies. */
const AT_ONCE = 50;
/** After a compilation of the whole fleet the next one waits for so many times as long. */
const RESTS = 4;
const RAISE_AT_MOST_EVERY_MS = 60_000;

export const openPush = async ({ state, signer, vault, clock, log, signal, publish }: PushOptions): Promise<Push> => {
  const serial = makeSerial();
  const pushed = new Map<string, Pushed>((await state.selectFrom('pushes').selectAll().execute()).map((row) => [row.agent_id, row]));
  const capabilities = await readCapabilities(state);
  let revision = await readRevision(state);
  let raisedAt = Number.NEGATIVE_INFINITY;
  let isSyncDue = false;
  let syncTookMs = 0;

  const publishConfig = ({ agent_id, message }: Pushed): void =>
    publish(topic(agent_id, 'config'), encode(JSON.parse(message)), { retain: true });
  const publishDate = ({ agent_id, generation, revision: of }: Pushed): void => {
    const latest: Latest = { kind: 'latest', agent: agent_id, generation, revision: of, at: Math.floor(clock.now()) };
    publish(topic(agent_id, 'config/latest'), encode(JSON.parse(signer.sign(latest))), { retain: true });
  };
  const toEach = async (tell: (row: Pushed) => void): Promise<void> => {
    let told = 0;
    for (const agent of pushed.keys()) {
      const row = pushed.get(agent); // as it is now: it may have changed while we slept
      if (row !== undefined) tell(row);
      told += 1;
      if (told % AT_ONCE === 0 && !(await slept(clock, 1, signal))) return;
    }
  };

  const sync = async (): Promise<{ revision: number; agents: readonly string[] }> => {
    const generation = signer.generation();
    const startedAt = clock.monotonic();
    const { changed, gone, at } = await state.transaction().execute(async (trx) => {
      const [agents, targets] = [await readAgents(trx), (await readTargets(trx)).map(({ target }) => target)];
      const devices = await readSealedDevices(trx, vault);
      const machine = await readMachineSettings(trx);
      const watchdogs = await readSealedWatchdogs(trx, vault);
      const wanted = agents.map((agent) => {
        const own = machineTasksOf(capabilities.get(agent.id) ?? NONE, machine);
        const tasks = [...tasksOf(agent, targets), ...deviceTasksOf(agent.id, devices), ...own].sort((a, b) => (a.id < b.id ? -1 : 1));
        // An agent that does not know the word would refuse the whole configuration.
        const watchdog = capabilities.get(agent.id)?.has(WATCHDOG_PLACE) === true ? watchdogs.get(agent.id) : undefined;
        const text = JSON.stringify(watchdog === undefined ? tasks : { tasks, watchdog });
        return { agent: agent.id, tasks, watchdog, hash: createHash('sha256').update(text).digest('hex') };
      });
      const different = wanted.filter(({ agent, hash }) => {
        const last = pushed.get(agent);
        return last === undefined || last.tasks_hash !== hash || last.generation !== generation;
      });
      let now = await readRevision(trx);
      // The same revision with other tasks would be refused by the agent: an agent whose labels came from an enrolment, say.
      if (different.some(({ agent, hash }) => isSameNumber(pushed.get(agent), generation, now, hash)))
        now = await nextRevision(trx, Math.floor(clock.now()), 'system', 'agents changed');
      const rows = different.map(({ agent, tasks, watchdog, hash }): Pushed => {
        const body: Config = { kind: 'config', agent, generation, revision: now, tasks, ...(watchdog === undefined ? {} : { watchdog }) };
        return { agent_id: agent, generation, revision: now, tasks_hash: hash, message: signer.sign(body) };
      });
      for (const row of rows)
        await trx
          .insertInto('pushes')
          .values(row)
          .onConflict((conflict) => conflict.column('agent_id').doUpdateSet(row))
          .execute();
      const there = new Set(agents.map(({ id }) => id));
      const leaving = [...pushed.keys()].filter((agent) => !there.has(agent));
      for (const agent of leaving) await trx.deleteFrom('pushes').where('agent_id', '=', agent).execute();
      return { changed: rows, gone: leaving, at: now };
    });
    revision = at;
    syncTookMs = clock.monotonic() - startedAt;
    for (const row of changed) {
      pushed.set(row.agent_id, row);
      publishConfig(row);
      publishDate(row);
    }
    for (const agent of gone) {
      pushed.delete(agent);
      // An empty retained message makes a broker forget the one that it keeps.
      for (const name of ['config', 'config/latest'] as const) publish(topic(agent, name), new Uint8Array(0), { retain: true });
    }
    return { revision, agents: changed.map(({ agent_id }) => agent_id) };
  };

  const raise = (agent: string, applied: { generation: number; revision: number }): void => {
    const at = clock.now();
    if (at - raisedAt < RAISE_AT_MOST_EVERY_MS) return;
    raisedAt = at;
    const own = { generation: signer.generation(), revision };
    if (applied.generation > own.generation + MOST_GENERATIONS_AHEAD) {
      log.error('generation-absurd', `agent ${agent} says that it runs generation ${applied.generation}: not believed`, {
        agent,
        applied,
        own,
      });
      return;
    }
    serial(async () => {
      while (signer.generation() <= applied.generation) await signer.raiseGeneration();
      log.warn('generation-raised', `agent ${agent} is ahead of this controller (a restored backup?): the generation was raised`, {
        agent,
        applied,
        own,
        generation: signer.generation(),
      });
      await sync();
    }).catch((error: unknown) => log.error('generation-not-raised', `agents ahead of this controller cannot be steered: ${String(error)}`));
  };
  const compare: Push['compare'] = (agent, applied) => {
    const generation = signer.generation();
    if (applied.generation > generation || (applied.generation === generation && applied.revision > revision)) raise(agent, applied);
    // A broker may have lost what we told it, or kept it back: said again with each status until the agent has it.
    const last = pushed.get(agent);
    if (last !== undefined && applied.generation === last.generation && applied.revision < last.revision) publishConfig(last);
  };

  /** A fleet that comes back is compiled a few times, not once for each of its agents: it rests for longer than it works. */
  const syncSoon = async (): Promise<void> => {
    if (syncTookMs > 0 && !(await slept(clock, RESTS * syncTookMs, signal))) return;
    await serial(() => {
      isSyncDue = false;
      return sync();
    });
  };
  /** What an agent can do decides about its tasks. */
  const learn = (agent: string, can: readonly string[]): void => {
    const known = capabilities.get(agent) ?? NONE;
    if (known.size === can.length && can.every((one) => known.has(one))) return;
    capabilities.set(agent, new Set(can));
    if (isSyncDue) return;
    isSyncDue = true;
    syncSoon().catch((error: unknown) =>
      log.error('not-pushed', `agent ${agent} has new capabilities, and was not told: ${String(error)}`),
    );
  };

  return {
    sync: () => serial(sync),
    publishAll: () =>
      serial(() =>
        toEach((row) => {
          publishConfig(row);
          publishDate(row);
        }),
      ),
    publishLatest: () => toEach(publishDate),
    compare,
    onStatus(agent, status) {
      if (status.state !== 'online') return;
      if (status.applied !== null) compare(agent, status.applied);
      learn(agent, status.capabilities);
    },
    onReport(agent, report) {
      if (report.result === 'applied') return compare(agent, report);
      log.warn('config-rejected', `agent ${agent} rejected its configuration: ${report.reason}`, { agent, details: report.details });
      const last = pushed.get(agent);
      const isBehind =
        report.reason === 'generation-went-back' ||
        report.reason === 'revision-went-back' ||
        report.reason === 'same-revision-other-content';
      // It refused the very one that is our latest: our numbers are behind what it has seen.
      if (isBehind && last !== undefined && report.revision === last.revision && report.generation === last.generation)
        raise(agent, { generation: last.generation, revision: last.revision });
    },
  };
};

const NONE: ReadonlySet<string> = new Set();

/** As the agents said them last. */
const readCapabilities = async (state: State): Promise<Map<string, ReadonlySet<string>>> => {
  const rows = await state.selectFrom('agents').select(['id', 'status']).where('status', 'is not', null).execute();
  return new Map(rows.map(({ id, status }): [string, ReadonlySet<string>] => [id, capabilitiesOf(status ?? '{}')]));
};
const capabilitiesOf = (text: string): ReadonlySet<string> => {
  const status: { readonly capabilities?: readonly string[] } = JSON.parse(text); // our own column, written by the board
  return new Set(status.capabilities ?? []);
};

const isSameNumber = (last: Pushed | undefined, generation: number, revision: number, hash: string): boolean =>
  last !== undefined && last.generation === generation && last.revision >= revision && last.tasks_hash !== hash;
