// When we ourselves are gone: a heartbeat to an outside address while all is well, and agents that are told how to page without us.
import * as z from 'zod';
import type { Notifier } from '../protocol/notifier.ts';
import { type Clock, slept } from '../protocol/time.ts';
import { WatchdogEdit, type WatchdogPages, type WatchdogView } from '../protocol/watchdog.ts';
import { readNotifier, type Vault } from './alerts/notifiers/kept.ts';
import { prepare } from './alerts/notifiers/prepare.ts';
import { watchdogPlace } from './fleet/watchdogs.ts';
import type { ControllerDeps, Trouble } from './ports.ts';
import { readSetting } from './state/compiled.ts';
import type { State } from './state/database.ts';

const KEY = 'watchdog';
const PLACE = 'heartbeat';
const IDLE_MS = 60_000;
const SEND_MS = 15_000;
/** Without these parts nobody would be paged, so that the heartbeat stops as well. */
const NEEDED: ReadonlySet<Trouble['part']> = new Set(['arrivals', 'alerts', 'control']);

/** As kept: the address of the heartbeat is encrypted. */
const Kept = WatchdogEdit.omit({ heartbeatUrl: true }).extend({ heartbeat: z.string().default('') });
type Kept = z.infer<typeof Kept>;
type Beat = Pick<NonNullable<WatchdogView['heartbeat']>, 'state' | 'at' | 'said'>;

export interface WatchdogService {
  view(): Promise<WatchdogView>;
  /** Refusals are told as fields. */
  save(edit: WatchdogEdit): Promise<readonly { readonly path: string; readonly message: string }[]>;
  /** Words for agents are made anew: a notifier has changed. */
  refresh(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface WatchdogParts extends Pick<ControllerDeps, 'state' | 'vault' | 'send' | 'log'> {
  readonly clock: Clock;
  readonly troubles: () => readonly Trouble[];
  readonly site: string;
  /** Agents' configurations are to be compiled. */
  readonly onOrders: () => Promise<void>;
}

export const openWatchdog = (parts: WatchdogParts): WatchdogService => {
  const { state, vault, clock, send, log, troubles, site, onOrders } = parts;
  let beat: Beat = { state: 'waiting', at: null, said: '' };
  let wake = new AbortController();

  const beatOnce = async (kept: Kept, signal: AbortSignal): Promise<void> => {
    const trouble = troubles().find(({ part }) => NEEDED.has(part));
    if (trouble !== undefined) return void (beat = { ...beat, state: 'held', said: `held back: ${trouble.part}: ${trouble.message}` });
    const parcel = {
      by: 'http',
      url: urlOf(vault, kept),
      headers: {},
      body: '',
      key: 'heartbeat',
      allowPrivate: kept.allowPrivate,
    } as const;
    const before = beat.state;
    try {
      const { status } = await send({ ...parcel, signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_MS)]) });
      const isOk = status >= 200 && status < 300;
      beat = { state: isOk ? 'ok' : 'failing', at: Math.floor(clock.now()), said: isOk ? '' : `answered ${status}` };
    } catch (error) {
      beat = { state: 'failing', at: Math.floor(clock.now()), said: error instanceof Error ? error.message : String(error) };
    }
    if (beat.state === 'failing' && before !== 'failing') log.warn('heartbeat-failing', `the heartbeat is not taken: ${beat.said}`);
  };
  const refresh = async (): Promise<void> => {
    if (await writeOrders(state, vault, await readKept(state), site)) await onOrders();
  };
  return {
    async view() {
      const { heartbeat, heartbeatEveryMs, allowPrivate, ...rest } = await readKept(state);
      const host = heartbeat === '' ? '' : new URL(vault.decrypt(PLACE, heartbeat)).host;
      return { ...rest, heartbeat: heartbeat === '' ? null : { host, everyMs: heartbeatEveryMs, allowPrivate, ...beat } };
    },
    async save({ heartbeatUrl, ...rest }) {
      const faults = await faultsOf(state, vault, rest);
      if (faults.length > 0) return faults;
      const old = await readKept(state);
      const heartbeat = heartbeatUrl === undefined ? old.heartbeat : heartbeatUrl === '' ? '' : vault.encrypt(PLACE, heartbeatUrl);
      const value = JSON.stringify({ ...rest, heartbeat } satisfies Kept);
      await state
        .insertInto('settings')
        .values({ key: KEY, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
      beat = { state: 'waiting', at: null, said: '' };
      wake.abort();
      await refresh();
      return [];
    },
    refresh,
    async run(signal) {
      while (!signal.aborted) {
        wake = new AbortController();
        let waitMs = IDLE_MS;
        try {
          const kept = await readKept(state);
          if (kept.heartbeat !== '') {
            await beatOnce(kept, signal);
            waitMs = kept.heartbeatEveryMs;
          }
        } catch (error) {
          log.error('heartbeat-failed', error instanceof Error ? error.message : String(error));
        }
        await slept(clock, waitMs, AbortSignal.any([signal, wake.signal]));
      }
    },
  };
};

const urlOf = (vault: Vault, { heartbeat }: Kept): string => vault.decrypt(PLACE, heartbeat);

const readKept = async (state: State): Promise<Kept> => {
  const [row] = await readSetting(state, KEY);
  return Kept.parse(row === undefined ? {} : JSON.parse(row.value));
};

const faultsOf = async (
  state: State,
  vault: Vault,
  { agents, notifiers }: Omit<Kept, 'heartbeat'>,
): Promise<{ path: string; message: string }[]> => {
  const known = new Set((await state.selectFrom('agents').select('id').where('state', '=', 'active').execute()).map(({ id }) => id));
  const faults = agents.flatMap((id, index) => (known.has(id) ? [] : [{ path: `agents[${index}]`, message: `there is no agent ${id}` }]));
  for (const [index, id] of notifiers.entries()) {
    const notifier = await readNotifier(state, vault, id);
    const path = `notifiers[${index}]`;
    if (notifier === null) faults.push({ path, message: `there is no notifier ${id}` });
    else if (prepare(notifier, 'a', 'b', 'firing') === null)
      faults.push({ path, message: `${id} is of kind ${notifier.kind}: an agent pages by webhook, slack, pagerduty or telegram` });
  }
  return faults;
};

/** The rows of watching agents as they should be. True when something changed. */
const writeOrders = async (state: State, vault: Vault, kept: Kept, site: string): Promise<boolean> => {
  const notifiers: Notifier[] = [];
  for (const id of kept.notifiers) {
    const notifier = await readNotifier(state, vault, id);
    if (notifier !== null) notifiers.push(notifier);
  }
  const pagesOf = (agent: string): string =>
    JSON.stringify({
      gone: notifiers.flatMap((notifier) => prepare(notifier, agent, site, 'firing') ?? []),
      back: notifiers.filter(({ sendResolved }) => sendResolved).flatMap((notifier) => prepare(notifier, agent, site, 'resolved') ?? []),
    } satisfies WatchdogPages);
  const rows = new Map((await state.selectFrom('watchdogs').selectAll().execute()).map((row) => [row.agent_id, row]));
  const wanted = notifiers.length === 0 ? [] : kept.agents;
  let changed = false;
  for (const agent of wanted) {
    const old = rows.get(agent);
    const pages = pagesOf(agent);
    const isSame =
      old?.silent_after_ms === kept.silentAfterMs &&
      old.repeat_ms === kept.repeatMs &&
      vault.decrypt(watchdogPlace(agent), old.pages) === pages;
    if (isSame) continue;
    changed = true;
    const values = {
      silent_after_ms: kept.silentAfterMs,
      repeat_ms: kept.repeatMs,
      pages: vault.encrypt(watchdogPlace(agent), pages),
      sealed: '',
      sealed_for: '',
    };
    await state
      .insertInto('watchdogs')
      .values({ agent_id: agent, ...values })
      .onConflict((conflict) => conflict.column('agent_id').doUpdateSet(values))
      .execute();
  }
  const gone = [...rows.keys()].filter((agent) => !wanted.includes(agent));
  for (const agent of gone) await state.deleteFrom('watchdogs').where('agent_id', '=', agent).execute();
  return changed || gone.length > 0;
};
