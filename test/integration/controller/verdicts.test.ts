import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openChanges } from '../../../controller/fleet/changes.ts';
import type { LatestColumn } from '../../../controller/ports.ts';
import { openSqliteStore } from '../../../controller/series/sqlite/store.ts';
import type { Point } from '../../../controller/series/store.ts';
import { openState } from '../../../controller/state/database.ts';
import { choosePairs } from '../../../controller/verdict-material.ts';
import { runVerdicts } from '../../../controller/verdicts.ts';
import { readIncident } from '../../../controller/api/incident-view.ts';
import { silentLog } from '../../../protocol/log.ts';
import { encodeSketch, makeSketch } from '../../../protocol/sketch.ts';
import { Target } from '../../../protocol/target.ts';
import { makeManualClock, settle } from '../../helpers/manual-clock.ts';

const NOW = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const SENT = 20;
const AGENTS = ['ams-1', 'ams-2', 'ber-1', 'ber-2'];
const TARGETS = ['web', 'mail', 'sip'];
const siteOf = (agent: string): string => agent.slice(0, 3);

/** Four hours of rounds, one a minute; `lostOf` says how many of twenty are lost. */
const pointsOf = (lostOf: (agent: string, target: string, minutesAgo: number) => number): Point[] =>
  AGENTS.flatMap((agent) =>
    TARGETS.flatMap((target) =>
      Array.from({ length: 240 }, (_, i): Point => {
        const minutesAgo = 240 - i;
        const received = SENT - lostOf(agent, target, minutesAgo);
        const wander = ((i * 37 + target.length * 11 + agent.charCodeAt(0)) % 17) / 10;
        return {
          measurement: 'ping',
          tags: { agent, host: agent, target, url: target, task: `${target}/icmp` },
          at: NOW - minutesAgo * MINUTE_MS,
          fields: {
            packets_transmitted: SENT,
            packets_received: received,
            lost: SENT - received,
            unknown: 0,
            rtt_sketch: encodeSketch(makeSketch(Array.from({ length: received }, (_, n) => 20 + wander + n / 50))),
            error_bound_ms: 0.08,
            canary_ms: 0.05,
            scheduler_lag_ms: 0.2,
            socket_drops: 0,
            interval_ms: MINUTE_MS,
          },
        };
      }),
    ),
  );

const latestOf = (): LatestColumn[] =>
  AGENTS.flatMap((agent) =>
    TARGETS.map((target) => ({ agent, target, task: `${target}/icmp`, intervalMs: MINUTE_MS, column: {} as LatestColumn['column'] })),
  );

/** What the verdict of one open incident is, with what is stored. */
const verdictOn = async (points: readonly Point[], members: readonly { agent: string; target: string }[]) => {
  const state = openState(new DatabaseSync(':memory:'));
  await using store = openSqliteStore(new DatabaseSync(':memory:'));
  await store.write(points);
  for (const id of AGENTS)
    await state
      .insertInto('agents')
      .values({
        id,
        hostname: id,
        labels: JSON.stringify({ site: siteOf(id) }),
        state: 'active',
        key_hash: id,
        sealing_key: '',
        enrolled_at: 0,
        status: null,
        online: 1,
        seen_at: null,
        config_report: null,
      })
      .execute();
  for (const id of TARGETS) {
    const document = JSON.stringify(Target.parse({ id, name: id, address: `${id}.example.net`, tasks: [{ options: { kind: 'icmp' } }] }));
    await state.insertInto('targets').values({ id, document, created_at: 0, updated_at: 0 }).execute();
  }
  const since = NOW - 8 * MINUTE_MS;
  const all = members.map((member) => ({ series: `${member.agent} ${member.target}/icmp`, value: 1, since, ...member }));
  const row = { rule_id: 'loss', cause: 'x', title: 'x', severity: 'critical', state: 'firing', opened_at: since + 2 * MINUTE_MS } as const;
  const open = { resolved_at: null, acknowledged_at: null, acknowledged_by: null, members: JSON.stringify(all) };
  await state
    .insertInto('incidents')
    .values({ ...row, ...open })
    .execute();
  const clock = makeManualClock(NOW - 15_000);
  const stop = new AbortController();
  const changes = openChanges(() => {});
  const running = runVerdicts({ state, store, clock, log: silentLog, changes, latest: latestOf, everyMs: 15_000 }, stop.signal);
  await clock.advance(15_000);
  for (let turn = 0; turn < 200; turn++) {
    await settle();
    if (await state.selectFrom('verdicts').select('at').executeTakeFirst()) break;
  }
  stop.abort();
  await running;
  const found = (await readIncident(state, 1, 0))?.verdict;
  await state.destroy();
  return found;
};

t.test('a target that everybody lost is the target, with the evidence', async (t) => {
  const down = pointsOf((_, target, minutesAgo) => (target === 'sip' && minutesAgo <= 8 ? SENT : 0));
  const verdict = await verdictOn(down, [{ agent: 'ams-1', target: 'sip' }]);

  t.match(verdict, { outcome: 'one', suspects: [{ class: 'target', element: 'sip' }] });
  t.ok(Math.abs((verdict?.since ?? 0) - (NOW - 8 * MINUTE_MS)) <= MINUTE_MS);
  t.match(verdict?.evidence[0], { supports: true, text: /^4 of 4 pairs that pass it lose/ });
});

t.test('a site whose agents lose packets to everything is its first mile', async (t) => {
  const lossy = pointsOf((agent, _, minutesAgo) => (siteOf(agent) === 'ber' && minutesAgo <= 8 ? 6 : 0));
  const verdict = await verdictOn(lossy, [
    { agent: 'ber-1', target: 'web' },
    { agent: 'ber-2', target: 'sip' },
  ]);

  t.match(verdict, { outcome: 'one', suspects: [{ class: 'first-mile', element: 'ber' }] });
});

t.test('an incident without a common cause says so', async (t) => {
  const verdict = await verdictOn(
    pointsOf(() => 0),
    [{ agent: 'ams-1', target: 'sip' }],
  );

  t.match(verdict, { outcome: 'nothing-found', suspects: [], since: null });
});

t.test('an incident’s own pairs are chosen first, then those of its agents, then those of its targets', async (t) => {
  const chosen = choosePairs(latestOf(), { members: [{ agent: 'ber-1', target: 'sip', since: NOW }] }).map(
    ({ agent, target }) => `${agent} ${target}`,
  );

  t.equal(chosen[0], 'ber-1 sip');
  t.same(chosen.slice(1, 3), ['ber-1 mail', 'ber-1 web']);
  t.same(chosen.slice(3, 6), ['ams-1 sip', 'ams-2 sip', 'ber-2 sip']);
});
