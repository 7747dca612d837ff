// What an InfluxDB lets us do, asked without changing anything there: a write without a line is checked like any other, and stores nothing.
import type { InfluxTest } from '../../../protocol/store-api.ts';
import type { Retention } from '../store.ts';
import { tablesOf } from './answer.ts';
import { commandBeside, commandsFor } from './commands.ts';
import { detect, type Dialect, writePath } from './dialect.ts';
import { failureFrom, InfluxFailure } from './failure.ts';
import { type InfluxHttp, openHttp } from './http.ts';
import { ask1, isThere3, retentionThere } from './provision.ts';
import { lasting, ROLLED_TIERS, rollUpDatabase, tierSettings } from './rollups/places.ts';
import { type InfluxSettings, shownUrl } from './settings.ts';

type PlaceFound = InfluxTest['place'];

/** Never rejects: what went wrong is what was found. */
export const examine = async (settings: InfluxSettings, retention: Retention, timeoutMs: number): Promise<InfluxTest> => {
  await using http = openHttp(settings, timeoutMs);
  const blank = blankOf(settings);
  let dialect: Dialect | null = null;
  try {
    dialect = await detect(http, settings);
    return await examineAs({ http, settings, dialect }, retention, { ...blank, version: dialect.version, writePath: dialect.writePath });
  } catch (error) {
    const { kind, message, status } = failureFrom(error, 'test', shownUrl(settings));
    const isRefused = dialect === null || kind === 'unauthorised' || kind === 'missing';
    const signsIn = status === 401 ? false : null;
    const found = { version: dialect?.version ?? null, writePath: dialect?.writePath ?? null };
    return {
      ...blank,
      ...found,
      phase: kind,
      isUsable: !isRefused,
      signsIn,
      message: signsIn === false ? noLogin(settings, message) : message,
    };
  }
};

interface Asked {
  readonly http: InfluxHttp;
  readonly settings: InfluxSettings;
  readonly dialect: Dialect;
}

const blankOf = (settings: InfluxSettings): InfluxTest => ({
  url: shownUrl(settings),
  database: settings.database,
  retentionPolicy: settings.retentionPolicy,
  version: null,
  writePath: null,
  retentionMs: null,
  phase: 'failing',
  isUsable: false,
  signsIn: null,
  mayWrite: null,
  mayRead: null,
  place: 'unknown',
  rollUps: { database: rollUpDatabase(settings), place: 'unknown' },
  message: null,
  commands: [],
});

const examineAs = async (asked: Asked, retention: Retention, blank: InfluxTest): Promise<InfluxTest> => {
  const { settings, dialect } = asked;
  const { major } = dialect;
  const wrote = await tryWrite(asked);
  const place = await placeOf(asked, wrote);
  const mayWrite = wrote === 'right' ? false : place === 'there' ? true : place === 'will-be-made' && major === 1 ? true : null;
  const mayRead = place === 'there' ? await tryRead(asked) : null;
  const rolled = await rollUpsOf(asked, retention);
  const phase = wrote === 'right' ? 'unauthorised' : place === 'missing' ? 'missing' : 'ok';
  const who = settings.user === '' ? 'this login' : `the user ${settings.user}`;
  const words = [
    ...(wrote === 'right' ? [`${who} may not write to ${placeWords(settings)}`] : []),
    ...(place === 'missing' ? [`there is no ${placeWords(settings)}, and ${who} may not make it`] : []),
    ...(place === 'will-be-made' ? [`there is no ${placeWords(settings)} yet: it is made when you use it`] : []),
    ...(place === 'unknown' && wrote === 'place'
      ? [`there is no ${placeWords(settings)} yet: it is made when you use it, if the token may`]
      : []),
    ...(mayRead === false ? [`${who} may not read ${placeWords(settings)}: pages and charts would stay empty`] : []),
    ...(rolled.commands.length > 0
      ? [
          `roll-ups go to database "${rollUpDatabase(settings)}", which ${rolled.place === 'unknown' ? 'is made if the token may, otherwise by' : 'needs'} the commands below: until then long ranges are read from the points, which takes longer`,
        ]
      : []),
  ];
  const isMade = place === 'missing' || (place === 'unknown' && wrote === 'place');
  const right = wrote === 'right' || isMade || mayRead === false;
  const own = wrote === 'policy' && isMade ? [commandBeside(settings, major)] : commandsFor(settings, major, { place: isMade, right });
  return {
    ...blank,
    phase,
    isUsable: phase === 'ok',
    signsIn: true,
    mayWrite,
    mayRead,
    place,
    rollUps: { database: rollUpDatabase(settings), place: rolled.place },
    retentionMs: mayRead === false || place !== 'there' ? null : await orNull(retentionThere(asked.http, settings, dialect)),
    message: words.length === 0 ? null : words.join('. '),
    commands: [...own, ...rolled.commands],
  };
};

/** What a write would lack: nothing, the place, or the right to it. On 3.x a write may make a database: it is not tried before there is one. */
type Lack = 'nothing' | 'place' | 'policy' | 'right' | 'unknown';

const tryWrite = async ({ http, settings, dialect }: Asked): Promise<Lack> => {
  if (dialect.major === 3) {
    const isThere = await isThere3(http, settings).catch((error: unknown) => {
      if (error instanceof InfluxFailure && error.status !== 401) return null;
      throw error;
    });
    if (isThere === null) return 'unknown';
    if (!isThere) return 'place';
  }
  try {
    await http.ask('write', 'POST', writePath(settings, dialect.major));
    return 'nothing';
  } catch (error) {
    if (!(error instanceof InfluxFailure)) throw error;
    if (error.kind === 'refused-lines') return 'nothing'; // 2.x and 3.x: all was right but that there was no line
    if (error.kind === 'missing') return 'place';
    if (/retention policy not found/.test(error.body)) return 'policy';
    if (error.status === 403) return 'right';
    throw error;
  }
};

const placeOf = async ({ http, dialect }: Asked, wrote: Lack): Promise<PlaceFound> => {
  switch (wrote) {
    case 'nothing':
    case 'right':
      return 'there';
    case 'unknown':
      return 'unknown';
    case 'place':
    case 'policy':
      return dialect.major === 3 ? 'will-be-made' : dialect.major === 2 ? 'unknown' : (await isAdmin(http)) ? 'will-be-made' : 'missing';
    default:
      return wrote satisfies never;
  }
};

/** Whether we may make databases on 1.x: whoever may see the users may. */
const isAdmin = (http: InfluxHttp): Promise<boolean> =>
  ask1(http, 'SHOW USERS').then(
    () => true,
    () => false,
  );

const tryRead = async ({ http, settings: { database } }: Asked): Promise<boolean | null> => {
  const form = new URLSearchParams({ db: database, q: 'SHOW MEASUREMENTS LIMIT 1' });
  try {
    tablesOf((await http.ask('query', 'POST', '/query', { form })).text, 'query');
    return true;
  } catch (error) {
    return error instanceof InfluxFailure && error.kind === 'unauthorised' ? false : null;
  }
};

/** The database of the roll-ups, its policies, and what to type for what is missing there. */
const rollUpsOf = async (
  asked: Asked,
  retention: Retention,
): Promise<{ readonly place: PlaceFound; readonly commands: readonly string[] }> => {
  const { settings, dialect } = asked;
  const tiers = ROLLED_TIERS.map((tier) => tierSettings(settings, tier, lasting(retention)));
  const lacks: Lack[] = [];
  for (const tier of tiers) lacks.push(await tryWrite({ ...asked, settings: tier }));
  const places = await Promise.all(lacks.map((lack) => placeOf(asked, lack)));
  const place = places.find((one) => one !== 'there') ?? 'there';
  return { place, commands: place === 'will-be-made' ? [] : commandsForTiers(tiers, lacks, dialect.major) };
};

/** Policies of one database on 1.x, which is made once; buckets of their own on 2.x. */
const commandsForTiers = (tiers: readonly InfluxSettings[], lacks: readonly Lack[], major: Dialect['major']): string[] => {
  const isMade = lacks[0] === 'place';
  const [first, ...others] = tiers;
  if (first === undefined) return [];
  return [
    ...commandsFor(first, major, { place: isMade, right: major === 1 && (isMade || lacks.includes('right')) }),
    ...tiers
      .filter((tier, i) => lacks[i] === 'policy' || (lacks[i] === 'place' && others.includes(tier)))
      .map((tier) => commandBeside(tier, major)),
  ];
};

const orNull = <T>(work: Promise<T>): Promise<T | null> => work.catch(() => null);

const placeWords = ({ database, retentionPolicy }: InfluxSettings): string =>
  `database "${database}"${retentionPolicy === '' ? '' : ` with the retention policy "${retentionPolicy}"`}`;

const noLogin = ({ user, token }: InfluxSettings, message: string): string =>
  user === '' && token === '' ? `it wants a login, and none is given (${message})` : `it refuses this login (${message})`;
