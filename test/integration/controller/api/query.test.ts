import t from 'tap';
import { openTestApi, type TestApi, target } from '../../../helpers/api.ts';
import { makeBatch, makeRound } from '../../../helpers/rounds.ts';

const MINUTE = 60_000;

/** Two agents, each with an hour of rounds of one target, a minute apart, up to now. */
const furnished = async (): Promise<{ readonly api: TestApi; readonly cookie: string; readonly start: number }> => {
  const api = await openTestApi({ agents: ['ams1', 'fra1'] });
  const cookie = await api.signInAs('viewer');
  const start = Math.floor(api.test.clock.now() / 3_600_000) * 3_600_000 - 3_600_000;
  for (const [n, agent] of ['ams1', 'fra1'].entries())
    await api.test.batch(
      agent,
      makeBatch(
        Array.from({ length: 60 }, (_, i) =>
          makeRound(
            i + 1,
            start + i * MINUTE,
            { durationMs: 9_000 },
            Array.from({ length: i === 7 ? 5 : 10 }, (_, k) => 10 + n + k),
          ),
        ),
      ),
    );
  await api.test.clock.advance(1_500);
  return { api, cookie, start };
};

t.test('query: metrics of the catalogue over intervals, by agent and target, ratios from sums and percentiles from sketches', async (t) => {
  const { api, cookie, start } = await furnished();
  const url = `/api/v1/query?select=loss_ratio,rtt_p95_ms,max(maximum_response_ms),count(result_code)&agent=fra1&target=gw&from=${start}&to=${start + 1_800_000}&interval=15m`;

  const { status, json } = await api.ask('GET', url, undefined, cookie);

  t.equal(status, 200);
  t.same(
    json.columns.map(({ name, unit }: { name: string; unit: string | null }) => [name, unit]),
    [
      ['loss_ratio', 'ratio'],
      ['rtt_p95_ms', 'ms'],
      ['max(maximum_response_ms)', null],
      ['count(result_code)', null],
    ],
  );
  t.equal(json.series.length, 1);
  t.match(json.series[0].tags, { agent: 'fra1', target: 'gw' });
  const [[at, loss, p95, max, count], second] = json.series[0].rows;
  t.same([at, loss, max, count], [start, 5 / 150, 20, 15]);
  t.ok(Math.abs(p95 - 20) < 0.2, String(p95));
  t.same(second.slice(0, 2), [start + 900_000, 0]);
  t.equal(json.next, null);
  await api.stop();
});

t.test('query: points as they were written, and pages that lose and double nothing', async (t) => {
  const { api, cookie, start } = await furnished();
  const url = `/api/v1/query?select=rtt_median_ms&from=${start}&to=now&interval=none&limit=25`;

  const rows: string[] = [];
  let next: string | null = null;
  let pages = 0;
  do {
    const { status, json } = await api.ask('GET', next === null ? url : `${url}&after=${encodeURIComponent(next)}`, undefined, cookie);
    t.equal(status, 200);
    for (const { tags, rows: own } of json.series) rows.push(...own.map(([at]: [number]) => `${tags.agent} ${at}`));
    t.ok(json.series.reduce((sum: number, one: { rows: unknown[] }) => sum + one.rows.length, 0) <= 25);
    next = json.next;
    pages += 1;
  } while (next !== null && pages < 20);

  t.equal(pages, 5);
  t.same(
    rows,
    ['ams1', 'fra1'].flatMap((agent) => Array.from({ length: 60 }, (_, i) => `${agent} ${start + i * MINUTE}`)),
  );
  await api.stop();
});

t.test('query: CSV has the tags as columns, and the next page in its Link', async (t) => {
  const { api, cookie, start } = await furnished();
  const answer = await api.ask('GET', `/api/v1/query?select=rtt_min_ms&from=${start}&interval=none&limit=3&format=csv`, undefined, cookie);

  t.match(answer.headers['content-type'], /^text\/csv/);
  const lines = answer.text.trimEnd().split('\r\n');
  t.equal(lines.length, 4);
  t.equal(lines[0], 'time,agent,host,target,task,url,rtt_min_ms');
  t.equal(lines[1], `${new Date(start).toISOString()},ams1,ams1,gw,gw/icmp,gw,10`);
  const link = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link']))?.[1] ?? '';
  const second = await api.ask('GET', link, undefined, cookie);
  t.match(second.text.split('\r\n')[1], new RegExp(`^${new Date(start + 3 * MINUTE).toISOString()}`));
  await api.stop();
});

t.test('query: names with blanks and commas are reached in double quotes', async (t) => {
  const { api, cookie } = await furnished();
  const at = Math.floor(api.test.clock.now()) - 5 * MINUTE;
  const lines = `x\\ y,t\\ 1=a\\,b f\\ x=3,rtt_p95_ms=7 ${at}\nx\\ y,t\\ 1=a,u="q f\\ x=5 ${at}\nx\\ y,t\\ 1=b f\\ x=9 ${at}`;
  t.same((await api.deps.origins.write('o', lines, 'ms')).bad, []);
  const values = async (query: Record<string, string>): Promise<unknown> => {
    const asked = new URLSearchParams({ measurement: 'x y', interval: 'none', select: '"f x"', ...query });
    const { status, json } = await api.ask('GET', `/api/v1/query?${asked.toString()}`, undefined, cookie);
    t.equal(status, 200, json.detail);
    return json.series.flatMap(({ rows }: { rows: unknown[][] }) => rows.map(([, ...own]) => own));
  };

  t.same(await values({ tag: '"t 1":"a,b"' }), [[3]]);
  t.same(await values({ tag: 't 1:"a,b",t 1=a' }), [[5], [3]], 'a key with a blank needs no quotes');
  t.same(await values({ tag: '"u":"\\"q"' }), [[5]]);
  t.same(await values({ tag: 'u:"q' }), [[5]], 'a value with half a quote is that value');
  t.same(await values({ select: 'max("f x"),"rtt_p95_ms","f x"', tag: '"t 1":"a,b"', interval: '5m' }), [[3, 7, 3]], 'quoted is no metric');
  const { json } = await api.ask('GET', '/api/v1/query?measurement=x%20y&select=mean(f%20x)', undefined, cookie);
  t.match(json.detail, /max\("free space"\)/);
  await api.stop();
});

t.test('query: what is not right is named as a problem', async (t) => {
  const { api, cookie } = await furnished();
  const refused = async (query: string): Promise<unknown> => {
    const { status, headers, json } = await api.ask('GET', `/api/v1/query?${query}`, undefined, cookie);
    t.equal(status, 400, query);
    t.match(headers['content-type'], /^application\/problem\+json/);
    return json.detail;
  };
  t.match(await refused('select=avg(rtt)'), /there is no aggregate "avg"; there is last, mean, .* rate, median, p1 to p100/);
  t.match(await refused('select=rate(lost)&interval=none'), /"rate\(lost\)": a rate is over an interval/);
  t.match(await refused('select=p95(average_response_ms)'), /percentiles come from rtt_sketch/);
  t.match(await refused('select=rtt_p95_ms&measurement=net'), /"rtt_p95_ms" is a metric of ping, not of net/);
  t.match(await refused('interval=often'), /interval: "often": a width such as 30s, 5m, 1h or 1d, auto or none/);
  t.match(await refused('from=yesterday'), /from: "yesterday": ms since 1970/);
  t.match(await refused('from=now&to=now-1h'), /from: must be before to/);
  t.match(await refused('tag=country'), /tag: "country": key:value/);
  t.match(await refused('after=xyz'), /after: give back the "next"/);
  t.equal(await refused('selct=rtt_p95_ms'), 'selct: there is no such parameter; did you mean select?');
  t.equal(await refused('limit=many'), 'limit: a number is needed');
  const targets = await api.ask('GET', '/api/v1/targets?colour=red', undefined, cookie);
  t.match([targets.status, targets.json], [400, { errors: [{ path: 'colour', message: 'there is no such parameter' }] }]);
  t.equal((await api.ask('GET', '/api/metrics?_=1', undefined, cookie)).status, 200, 'older paths take what their clients send');
  t.equal((await api.ask('GET', '/api/v1/influxql', undefined, await api.signInAs('operator'))).json.detail, 'q: is needed');
  await api.stop();
});

t.test('query: of texts and booleans there is the last one and how many; a mean of them is refused with what there is', async (t) => {
  const { api, cookie, start } = await furnished();
  const note = (i: number) => ({
    measurement: 'notes',
    tags: { host: 'a' },
    at: start + i * MINUTE,
    fields: { txt: `n${i}`, on: i > 1, n: i },
  });
  await api.deps.storage.store.write([1, 2, 3].map(note));
  const ask = (select: string) =>
    api.ask('GET', `/api/v1/query?measurement=notes&select=${select}&from=${start}&to=now&interval=1h`, undefined, cookie);

  t.same((await ask('txt,on,n,last(txt),count(txt),count(on)')).json.series[0].rows, [[start, 'n3', true, 2, 'n3', 3, 3]]);
  for (const word of ['mean', 'min', 'max', 'sum', 'rate']) {
    const { status, json } = await ask(`${word}(txt)`);
    t.equal(status, 400);
    t.equal(json.detail, `select: "${word}(txt)": txt is a text; of a text there is last(txt) and count(txt)`);
  }
  t.match((await ask('mean(on)')).json.detail, /on is a boolean; of a boolean there is last\(on\) and count\(on\)/);
  await api.stop();
});

t.test('query: a counter as what it rises per second, the same on every page, null where it began anew', async (t) => {
  const { api, cookie, start } = await furnished();
  const counts = [1_000, 1_600, 2_800, 100, 700, 1_300];
  const point = (value: number, i: number) => ({
    measurement: 'net',
    tags: { host: 'a' },
    at: start + i * MINUTE,
    fields: { bytes_recv: value },
  });
  await api.deps.storage.store.write(counts.map(point));
  const url = `/api/v1/query?measurement=net&select=rate(bytes_recv)&from=${start + MINUTE}&to=now&interval=30s`;

  const { json } = await api.ask('GET', url, undefined, cookie);
  t.same(json.columns, [{ name: 'rate(bytes_recv)', unit: null }]);
  const rows = [10, 20, null, 10, 10].map((value, i) => [start + (i + 1) * MINUTE, value]);
  t.same(json.series[0].rows, rows, 'the first rises from what lies before the range');

  const paged: unknown[] = [];
  for (let next: string | null = url; next !== null; ) {
    const page: { series: { rows: unknown[] }[]; next: string | null } = (await api.ask('GET', `${next}&limit=2`, undefined, cookie)).json;
    paged.push(...page.series.flatMap((one) => one.rows));
    next = page.next === null ? null : `${url}&after=${encodeURIComponent(page.next)}`;
  }
  t.same(paged, rows);
  await api.stop();
});

t.test('series: measurements with their fields, tags and metrics; and what the store takes', async (t) => {
  const { api, cookie } = await furnished();
  const { measurements } = (await api.ask('GET', '/api/v1/series', undefined, cookie)).json;
  const ping = measurements.find((one: { measurement: string }) => one.measurement === 'ping');
  t.equal(ping.series, 2);
  t.match(ping.tags, [{ tag: 'agent', values: ['ams1', 'fra1'] }]);
  t.ok(ping.metrics.some(({ name }: { name: string }) => name === 'loss_ratio'));

  const usage = (await api.ask('GET', '/api/v1/store/usage', undefined, cookie)).json;
  t.match(usage, { kind: 'sqlite', freeBytes: 1e12, windowsWaiting: 2 });
  t.match(usage.tiers[0], { tier: 'raw', rows: 120, keptMs: 90 * 86_400_000 });
  await api.stop();
});

t.test('query: a time is ms, ISO with or without a zone, or relative', async (t) => {
  const { api, cookie, start } = await furnished();
  const iso = new Date(start).toISOString();
  for (const from of [String(start), iso, iso.replace('Z', ''), iso.slice(0, 19)]) {
    const { json } = await api.ask('GET', `/api/v1/query?from=${encodeURIComponent(from)}&interval=1h`, undefined, cookie);
    t.equal(json.from, start, from);
  }
  await api.ask('POST', '/api/v1/targets', target(), cookie);
  await api.stop();
});
