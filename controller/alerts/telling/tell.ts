// From incidents to the outbox: what is to be said to whom, now. Run in the transaction that changed them, and again while time passes.
import { sql, type Insertable, type Selectable, type Transaction } from 'kysely';
import { Rule } from '../../../protocol/rule.ts';
import { Route } from '../../../protocol/mute.ts';
import { compiledOnce, readSetting } from '../../state/compiled.ts';
import type { OutboxTable, Tables } from '../../state/tables.ts';
import type { Notification } from '../notification.ts';
import { fillIn } from '../titles.ts';
import { type Mute, mutedBy, type Reader, readMutes } from './mutes.ts';
import { planFor, type Telling } from './plan.ts';
import { type IncidentRow, readIncidentRows, readSubjects, type SubjectOf } from './subjects.ts';

type Trx = Transaction<Tables>;
type Told = Pick<Selectable<OutboxTable>, 'incident_id' | 'notifier_id' | 'idempotency_key' | 'news' | 'created_at' | 'state'>;

const MEMBERS_TOLD = 50;
const AT_ONCE = 500;
export const ROUTES_KEY = 'alerts.routes';

/** Puts into the outbox what these incidents ask for at this moment. Saying the same twice is not possible: each news has one key a notifier. */
export const tell = async (trx: Trx, ids: readonly number[], now: number): Promise<void> => {
  if (ids.length === 0) return;
  const rows = await readIncidentRows(trx, [...new Set(ids)]);
  if (rows.length === 0) return;
  const subjects = await readSubjects(trx, rows);
  const rules = await readRules(trx, subjects);
  const listeners = { routes: await readRoutes(trx), notifiers: await readListening(trx) };
  const told = Map.groupBy(await readTold(trx, rows), (one) => one.incident_id);
  const mutes = await readMutes(trx, Math.min(now, ...rows.map(({ opened_at }) => opened_at)));
  const names = [...listeners.notifiers.keys()];
  for (const subject of subjects) {
    const own = [...new Set([subject.row.rule_id, ...subject.facets.map(({ rule }) => rule)])].flatMap((id) => rules.get(id) ?? []);
    const before = told.get(subject.row.id) ?? [];
    const plan = planFor(subject, own, { routes: listeners.routes, notifiers: names });
    const news =
      subject.row.state === 'firing'
        ? newsOfOpen(subject, plan, before, mutes, now)
        : newsOfEnd(subject, plan, before, mutes, now).filter(
            ({ notifier, news }) => news !== 'resolved' || listeners.notifiers.get(notifier) !== false,
          );
    await enqueue(trx, subject, rules.get(subject.row.rule_id), news, now);
  }
};

interface News {
  readonly notifier: string;
  readonly news: 'firing' | 'repeated' | 'resolved';
  /** What makes it another news than those before. */
  readonly key: string;
}

/** Of an incident that is open: the first word, what became worse, the next step when nobody has acknowledged it, and once more after a while. */
const newsOfOpen = (
  subject: SubjectOf,
  plan: readonly Telling[],
  told: readonly Told[],
  mutes: readonly Mute[],
  now: number,
): readonly News[] => {
  if (mutedBy(subject, mutes, now).length > 0) return [];
  const { row } = subject;
  const begun = Math.min(row.opened_at, now);
  const first =
    told.length > 0 ? Math.min(...told.map(({ created_at }) => created_at)) : plan.some(({ afterMs }) => afterMs === 0) ? now : begun;
  return plan.flatMap(({ notifier, afterMs, repeatMs }): News[] => {
    const own = told.filter((one) => one.notifier_id === notifier);
    const isDue = afterMs === 0 || own.length > 0 || (row.acknowledged_at === null && now >= first + afterMs);
    if (!isDue) return [];
    const news: News = { notifier, news: 'firing', key: `firing/${row.severity}` };
    if (!own.some((one) => one.idempotency_key === keyOf(row, news))) return [news];
    const isBusy = own.some(({ state }) => state === 'waiting'); // a receiver that is away gets one, not a pile
    const last = Math.max(...own.map(({ created_at }) => created_at));
    const isAgain = repeatMs > 0 && row.acknowledged_at === null && !isBusy && now >= last + repeatMs;
    return isAgain ? [{ notifier, news: 'repeated', key: `repeated/${own.length}` }] : [];
  });
};

/** Who was told that it began is told that it ended, whatever the rule says by then. What began and ended between two looks is told as a whole. */
const newsOfEnd = (
  subject: SubjectOf,
  plan: readonly Telling[],
  told: readonly Told[],
  mutes: readonly Mute[],
  now: number,
): readonly News[] => {
  const { row } = subject;
  if (told.length > 0)
    return [...new Set(told.map(({ notifier_id }) => notifier_id))].map((notifier) => ({ notifier, news: 'resolved', key: 'resolved' }));
  const wasMuted = [row.opened_at, row.resolved_at ?? now, now].some((at) => mutedBy(subject, mutes, at).length > 0);
  if (wasMuted) return [];
  return plan
    .filter(({ afterMs }) => afterMs === 0)
    .flatMap(({ notifier }) => [
      { notifier, news: 'firing', key: `firing/${row.severity}` },
      { notifier, news: 'resolved', key: 'resolved' },
    ]);
};

const keyOf = ({ cause, opened_at }: IncidentRow, { key, notifier }: News): string => `${cause}/${opened_at}/${key}/${notifier}`;

const enqueue = async (trx: Trx, subject: SubjectOf, rule: Rule | undefined, news: readonly News[], now: number): Promise<void> => {
  if (news.length === 0) return;
  const rows = news.map(
    (one): Insertable<OutboxTable> => ({
      idempotency_key: keyOf(subject.row, one),
      notifier_id: one.notifier,
      incident_id: subject.row.id,
      news: one.news,
      body: JSON.stringify(bodyOf(subject, rule, one.news)),
      created_at: now,
      next_try_at: now,
      attempts: 0,
      state: 'waiting',
      last_error: null,
      delivered_at: null,
    }),
  );
  await trx
    .insertInto('outbox')
    .values(rows)
    .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
    .execute();
};

const bodyOf = ({ row, members }: SubjectOf, rule: Rule | undefined, news: News['news']): Notification => ({
  status: news === 'resolved' ? 'resolved' : 'firing',
  incident: row.id,
  rule: row.rule_id,
  ruleName: rule?.name ?? row.rule_id,
  cause: row.cause,
  title: row.title,
  severity: row.severity,
  openedAt: row.opened_at,
  resolvedAt: news === 'resolved' ? row.resolved_at : null,
  members: members.slice(0, MEMBERS_TOLD),
  memberCount: row.member_count ?? members.length,
  ...(news === 'repeated' ? { repeated: true } : {}),
  ...(rule === undefined ? {} : { labels: rule.labels, annotations: fillIn({ rule, member: members[0], title: row.title }) }),
});

const readRules = async (trx: Trx, subjects: readonly SubjectOf[]): Promise<ReadonlyMap<string, Rule>> => {
  const ids = [...new Set(subjects.flatMap(({ row, facets }) => [row.rule_id, ...facets.map(({ rule }) => rule)]))];
  const rows = await trx.selectFrom('rules').select(['id', 'document']).where('id', 'in', ids.slice(0, AT_ONCE)).execute();
  return new Map(rows.map(({ id, document }) => [id, Rule.parse(JSON.parse(document))]));
};

/** The routes, in their order. */
export const readRoutes = async (state: Reader): Promise<readonly Route[]> => {
  const [row] = await readSetting(state, ROUTES_KEY);
  return row === undefined ? [] : Route.array().parse(JSON.parse(row.value));
};

/** Every notifier, and whether it wants to hear of ends. */
const readListening = async (trx: Trx): Promise<ReadonlyMap<string, boolean>> => {
  const rows = await readNotifiers(trx);
  return new Map(rows.map(({ id, document }) => [id, JSON.parse(document).sendResolved !== false]));
};
const readNotifiers = compiledOnce((db) => db.selectFrom('notifiers').select(['id', 'document']).orderBy('id'));

const readTold = async (trx: Trx, rows: readonly IncidentRow[]): Promise<Told[]> => {
  const told: Told[] = [];
  for (let first = 0; first < rows.length; first += AT_ONCE)
    told.push(
      ...(await trx
        .selectFrom('outbox')
        .select(['incident_id', 'notifier_id', 'idempotency_key', 'news', 'created_at', 'state'])
        .where(
          'incident_id',
          'in',
          rows.slice(first, first + AT_ONCE).map(({ id }) => id),
        )
        .execute()),
    );
  return told;
};

const readOpen = compiledOnce((db) => db.selectFrom('incidents').select('id').where('state', '=', sql.lit('firing')));

/** Once more for everything that is open: steps, repetitions, and what a mute has held back. The number of open incidents. */
export const tellAgain = async (trx: Trx, now: number): Promise<number> => {
  const open = await readOpen(trx);
  await tell(
    trx,
    open.map(({ id }) => id),
    now,
  );
  return open.length;
};
