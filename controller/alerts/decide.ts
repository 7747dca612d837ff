// Which incident an alert that fires belongs to: found once, and then it stays.
import type { Change } from './change.ts';
import { lateAfterMs } from './evaluate.ts';
import { type Court, gatherEvidence } from './evidence.ts';
import { causeOf } from './grouping.ts';
import { left, memberOf } from './judge.ts';
import { type Entry, idOf, seriesOf } from './ledger.ts';
import { targetOf } from './observation.ts';
import { quorumReached, reachedAt } from './quorum.ts';
import { titleOf } from './titles.ts';
import { parentCause, sharedCause } from './upstream.ts';

export interface Deciding extends Court {
  readonly changes: Change[];
}

/** Whose rounds came last: what waits for others looks again only when it may have been given something. */
export interface Touched {
  readonly agent: string;
  readonly targets: ReadonlySet<string>;
}

/** Gives every alert that fires without a cause its incident, or lets it wait for more evidence; `now` is the arrival's time. */
export const decideCauses = (deciding: Deciding, now: number, touched: Touched | null): void => {
  const due = deciding.ledger.undecided().flatMap((entry) => {
    const { lifecycle, intervalMs } = entry.state;
    if (lifecycle.phase !== 'firing') return [];
    const mayWait = now < lifecycle.firedAt + lateAfterMs(intervalMs);
    // What has no other vantage point waits for nobody.
    const isAlone = entry.task.includes(':') || targetOf(entry.task) === '';
    const isConcerned = isAlone || (touched !== null && (entry.agent === touched.agent || touched.targets.has(targetOf(entry.task))));
    return mayWait && !isConcerned ? [] : [{ entry, firedAt: lifecycle.firedAt, mayWait }];
  });
  // In an order of their own: the ledger's is another after a restart.
  due.sort((a, b) => a.firedAt - b.firedAt || (idOf(a.entry) < idOf(b.entry) ? -1 : 1));
  for (const { entry, firedAt, mayWait } of due) decideOne(deciding, entry, firedAt, mayWait);
};

const decideOne = (deciding: Deciding, entry: Entry, firedAt: number, mayWait: boolean): void => {
  const rule = deciding.definitions.rules.get(entry.rule);
  if (rule === undefined || !quorumReached(rule, entry, deciding, mayWait)) return;
  const found = findCause(deciding, entry, mayWait);
  if (found === null) return;
  const { ledger, changes, definitions } = deciding;
  const isNew = !ledger.hasMembers(found.cause);
  const at = rule.quorum === undefined ? firedAt : reachedAt(entry, deciding, firedAt);
  ledger.set(entry, { ...entry.state, cause: found.cause });
  const title = titleOf(definitions, rule, found.cause);
  const detail = `${seriesOf(entry)}: ${found.why}`;
  if (isNew) changes.push({ kind: 'opened', rule, cause: found.cause, at, title, members: [memberOf(entry)], detail });
  else changes.push({ kind: 'joined', rule, cause: found.cause, at, title, severity: rule.severity, detail });
};

const findCause = (deciding: Deciding, entry: Entry, mayWait: boolean): { readonly cause: string; readonly why: string } | null => {
  const known = deciding.ledger.causeOfSeries(entry);
  if (known !== null) return { cause: known, why: 'same-series' };
  const target = targetOf(entry.task);
  // A port or a host has no other vantage point: each is its own cause, and hangs behind what it is a part of.
  if (entry.task.includes(':')) return behindDevice(deciding, entry) ?? { cause: `series:${seriesOf(entry)}`, why: 'of-its-own' };
  if (target === '') return { cause: `agent:${entry.agent}/${entry.task}`, why: 'of-the-agent' };
  const parent = parentCause(entry, deciding, mayWait);
  if (parent.cause !== null) return parent;
  const elsewhere = sharedCause(entry, deciding, mayWait, true);
  if (elsewhere.cause !== null) return elsewhere;
  const grouping = causeOf(gatherEvidence(entry, deciding), mayWait);
  if (grouping.cause === null) return null;
  if (grouping.cause === 'agent') return { cause: `agent:${entry.agent}`, why: grouping.why };
  if (parent.why === 'waits-for-parent') return null;
  const shared = sharedCause(entry, deciding, mayWait, false);
  if (shared.cause !== null) return shared;
  return shared.why === 'waits-for-siblings' ? null : { cause: `target:${target}`, why: grouping.why };
};

/** A device that is itself measured and dead is the cause of what its ports say. */
const behindDevice = ({ ledger }: Deciding, { task }: Entry): { readonly cause: string; readonly why: string } | null => {
  const device = targetOf(task);
  const known = device === '' ? null : ledger.causeOfTarget(device);
  return known === null || known.startsWith('series:') ? null : { cause: known, why: 'parent-is-bad' };
};

/** Ends what a quorum carried and no longer does: its alerts fire on, each for itself. */
export const dissolve = (deciding: Deciding, firstChange: number): void => {
  for (const change of deciding.changes.slice(firstChange)) {
    if (change.kind !== 'left' || change.rule.quorum === undefined) continue;
    const members = deciding.ledger.membersOf(change.cause).filter(({ rule }) => rule === change.rule.id);
    const [first] = members;
    if (first === undefined || quorumReached(change.rule, first, deciding, false)) continue;
    for (const entry of members) {
      deciding.ledger.set(entry, { ...entry.state, cause: null });
      left(deciding, entry, change.cause, change.at, 'too few agents see it');
    }
  }
};
