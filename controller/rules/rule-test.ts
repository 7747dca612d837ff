// Unit tests of rules: series in, incidents out, by the code that judges live.
import * as z from 'zod';
import { Labels } from '../../protocol/labels.ts';
import { Dependencies, Rule, Severity } from '../../protocol/rule.ts';
import { Target } from '../../protocol/target.ts';
import { makeDefinitions } from '../alerts/definitions.ts';
import type { Delivery } from '../alerts/evaluator.ts';
import type { Observation } from '../alerts/observation.ts';
import type { SeenPath } from '../alerts/path-parents.ts';
import { Rehearsal, type RehearsedIncident } from '../alerts/rehearsal.ts';
import { parseTime } from './rule-file.ts';

const Time = z.union([z.string(), z.literal(0)]).transform((text, context) => {
  const ms = text === 0 ? 0 : parseTime(text);
  if (ms === null) context.addIssue({ code: 'custom', message: `"${text}" is not a time such as 90s or 1m30s` });
  return ms ?? 0;
});
const Bearer = z.strictObject({ labels: Labels.default({}), name: z.string().optional() });

const Expected = z.strictObject({
  cause: z.string(),
  rule: z.string().optional(),
  severity: Severity.optional(),
  opened: Time.optional(),
  /** null: it is open still. */
  resolved: Time.nullable().optional(),
  /** How many series took part. */
  series: z.int().optional(),
  pages: z.int().optional(),
});

/** A file of rule tests: the rules themselves, the names of files that hold them, or both. */
export const RuleTestFile = z.strictObject({
  rules: z.array(Rule).default([]),
  /** Beside this file. `built-in` names the rules of a first start. */
  ruleFiles: z.array(z.string()).default([]),
  dependencies: Dependencies.optional(),
  tests: z
    .array(
      z.strictObject({
        name: z.string(),
        /** A value an interval. */
        every: Time.prefault('10s'),
        agents: z.record(z.string(), Bearer).default({}),
        targets: z.record(z.string(), Bearer).default({}),
        /** `AGENT/TARGET FIELD` → `0x3 0.5x10 _x2`: values, repeated by xN; _ is no round; 80±40 has an error bound. `MEASUREMENT:FIELD` for what is not ping. */
        series: z.record(z.string(), z.string()),
        /** `AGENT/TARGET` → the way there as traces saw it: targets of this test, any other address, `*` for what did not answer. */
        traces: z.record(z.string().regex(/^[^/]+\/[^/]+$/, 'of the form AGENT/TARGET'), z.string()).default({}),
        /** Every incident, no other. */
        incidents: z.array(Expected),
      }),
    )
    .default([]),
});
export type RuleTestFile = z.infer<typeof RuleTestFile>;
type RuleTest = RuleTestFile['tests'][number];

/** Zero, in a test. */
const START = 1_800_000_000_000;

/** What differs, a line each; empty when the rules do what the test says. Throws with what is wrong with the test itself. */
export const runRuleTest = (test: RuleTest, rules: readonly Rule[], dependencies: Dependencies): readonly string[] => {
  const found = rehearse(test, rules, dependencies).map(
    (incident): RehearsedIncident => ({
      ...incident,
      openedAt: incident.openedAt - START,
      resolvedAt: incident.resolvedAt === null ? null : incident.resolvedAt - START,
    }),
  );
  const missing = [...found];
  const faults: string[] = [];
  for (const wanted of test.incidents) {
    const index = missing.findIndex((incident) => incident.cause === wanted.cause && isAbout(incident, wanted.opened));
    const [incident] = index === -1 ? [] : missing.splice(index, 1);
    if (incident === undefined) faults.push(`${wanted.cause}: expected, and there was none${nearest(found, wanted.cause)}`);
    else faults.push(...differences(incident, wanted));
  }
  return [...faults, ...missing.map((incident) => `${incident.cause}: not expected: ${describe(incident)}`)];
};

const isAbout = ({ openedAt }: RehearsedIncident, opened: number | undefined): boolean => opened === undefined || opened === openedAt;

const nearest = (found: readonly RehearsedIncident[], cause: string): string => {
  const same = found.filter((incident) => incident.cause === cause);
  return same.length === 0 ? '' : ` then, but ${same.map(describe).join('; ')}`;
};

const differences = (incident: RehearsedIncident, wanted: z.infer<typeof Expected>): string[] => {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['rule', wanted.rule, incident.rule],
    ['severity', wanted.severity, incident.severity],
    ['resolved', wanted.resolved, incident.resolvedAt],
    ['series', wanted.series, incident.series.length],
    ['pages', wanted.pages, incident.pages],
  ];
  return pairs
    .filter(([, want, got]) => want !== undefined && want !== got)
    .map(([name, want, got]) => `${incident.cause}: ${name}: expected ${written(name, want)}, was ${written(name, got)}`);
};

const written = (name: string, value: unknown): string =>
  name === 'resolved' ? (typeof value === 'number' ? writeTime(value) : 'open still') : String(value);

const describe = (incident: RehearsedIncident): string =>
  `${incident.rule} opened ${writeTime(incident.openedAt)}, ${incident.resolvedAt === null ? 'open still' : `resolved ${writeTime(incident.resolvedAt)}`}, ${incident.series.join(' ')}`;

/** 100,000 → `1m40s`. */
export const writeTime = (ms: number): string => {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1_000];
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 || ms < 60_000 ? `${seconds}s` : ''}`;
};

const rehearse = (test: RuleTest, rules: readonly Rule[], dependencies: Dependencies): readonly RehearsedIncident[] => {
  const rows = Object.entries(test.series).map(([name, values]) => parseRow(name, values));
  const agents = [...new Set(rows.map(({ agent }) => agent))].map((id) => ({ id, labels: test.agents[id]?.labels ?? {} }));
  const targets = [...new Set(rows.map(({ target }) => target))].map((id, index) =>
    Target.parse({
      id,
      name: test.targets[id]?.name ?? id,
      address: `192.0.2.${index + 1}`,
      labels: test.targets[id]?.labels ?? {},
      agents: { in: { agent: rows.filter((row) => row.target === id).map(({ agent }) => agent) } },
      tasks: [{ intervalMs: Math.max(test.every, 10_000), options: { kind: 'icmp' } }],
    }),
  );
  const definitions = makeDefinitions({
    rules: rules.map((rule) => ({ ...rule, enabled: true })),
    targets,
    agents,
    devices: [],
    notifiers: [],
    dependencies,
    paths: pathsOf(test, targets),
  });
  const rehearsal = new Rehearsal({ definitions, answered: targets.map(({ id }) => id) });
  for (let index = 0; index < Math.max(...rows.map(({ cells }) => cells.length)); index += 1) {
    const end = START + (index + 1) * test.every;
    for (const { id } of agents) rehearsal.deliver(deliveryOf(id, rows, index, test.every));
    rehearsal.tick(end + 500, new Map());
  }
  return rehearsal.incidents();
};

const pathsOf = (test: RuleTest, targets: readonly Target[]): SeenPath[] =>
  Object.entries(test.traces).map(([name, way]) => {
    const [agent = '', target = ''] = name.split('/');
    const hops = way.split(/\s+/).map((hop) => (hop === '*' ? null : (targets.find(({ id }) => id === hop)?.address ?? hop)));
    return { agent, target, hops };
  });

interface Row {
  readonly agent: string;
  readonly target: string;
  readonly measurement: string;
  readonly field: string;
  readonly cells: readonly (Cell | null)[];
}
interface Cell {
  readonly value: number;
  readonly bound: number;
}

const parseRow = (name: string, values: string): Row => {
  const [, agent, target, measurement = 'ping', field] =
    /^([a-z0-9.-]+)\/([a-z0-9.-]+) (?:([a-z][a-z0-9_]*):)?([A-Za-z][A-Za-z0-9_]*)$/.exec(name) ?? [];
  if (agent === undefined || target === undefined || field === undefined)
    throw new Error(`series "${name}": of the form AGENT/TARGET FIELD, such as ams1/gw loss_ratio`);
  return {
    agent,
    target,
    measurement,
    field,
    cells: values
      .trim()
      .split(/\s+/)
      .flatMap((word) => parseCells(name, word)),
  };
};

const parseCells = (name: string, word: string): (Cell | null)[] => {
  const [, value, bound = '0', times = '1'] = /^(_|-?\d*\.?\d+)(?:±(\d*\.?\d+))?(?:x(\d+))?$/.exec(word) ?? [];
  if (value === undefined) throw new Error(`series "${name}": "${word}" is not a value such as 0.5, 0.5x10, 80±40 or _x3`);
  return Array.from({ length: Number(times) }, () => (value === '_' ? null : { value: Number(value), bound: Number(bound) }));
};

const deliveryOf = (agent: string, rows: readonly Row[], index: number, every: number): Delivery => {
  const [at, end] = [START + index * every, START + (index + 1) * every];
  const bySeries = new Map<string, Observation>();
  for (const row of rows) {
    const cell = row.agent === agent ? row.cells[index] : undefined;
    if (cell === undefined || cell === null) continue;
    const task = row.measurement === 'ping' ? `${row.target}/icmp` : `${row.target}/${row.measurement}`;
    const before = bySeries.get(task) ?? {
      measurement: row.measurement,
      task,
      at,
      end,
      intervalMs: every,
      boundMs: 0,
      packets: 10,
      values: {},
    };
    bySeries.set(task, { ...before, boundMs: Math.max(before.boundMs, cell.bound), values: { ...before.values, [row.field]: cell.value } });
  }
  return { agent, arrivedAt: end + 200, lane: 'fresh', upTo: end, observations: [...bySeries.values()] };
};
