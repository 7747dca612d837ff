import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import t from 'tap';
import { MUTATIONS } from './simulation/mutations.ts';

const root = path.resolve(import.meta.dirname, '..');
const files = globSync('{protocol,agent,controller,packaging,test}/**/*.{ts,tsx}', { cwd: root }).toSorted();
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

// What a file may import, by the folder that it lies in: the first row that matches holds, so narrow rows come first. ARCHITECTURE.md says why.
const MAY_IMPORT: readonly (readonly [file: RegExp, allowed: readonly string[]])[] = [
  [/^protocol\/(codec|signature|sealing|random|time)\.ts$/, ['protocol/', 'npm:zod', 'node:zlib', 'node:crypto', 'node:timers/promises']],
  [/^protocol\/address\.ts$/, ['node:net']],
  [/^protocol\/sd-notify\.ts$/, ['protocol/', 'node:ffi']],
  [/^protocol\//, ['protocol/', 'npm:zod']],
  [/^agent\/stats\//, ['agent/stats/', 'protocol/']],
  [/^agent\/(config\/(diff|verify|limits)|schedule\/plan|icmp\/(packet|guard))\.ts$/, ['agent/', 'protocol/', 'npm:zod']],
  [
    /^agent\/icmp\//,
    [
      'agent/icmp/',
      'agent/stats/',
      'agent/probes/probe.ts',
      'agent/compilers.ts',
      'agent/kept-child.ts',
      'agent/config/limits.ts',
      'protocol/',
      'node:',
      'npm:raw-socket',
      'npm:ipaddr.js',
    ],
  ],
  [
    /^agent\/probes\//,
    [
      'agent/probes/',
      'agent/compilers.ts',
      'agent/kept-child.ts',
      'agent/stats/',
      'agent/icmp/guard.ts',
      'agent/icmp/address.ts',
      'agent/icmp/inbox.ts',
      'agent/config/limits.ts',
      'protocol/',
      'node:',
      'npm:ipaddr.js',
      'npm:net-snmp',
      'npm:systeminformation',
    ],
  ],
  [/^agent\//, ['agent/', 'protocol/', 'package.json', 'node:', 'npm:']],
  [
    /^controller\/alerts\/(notifiers|outbox)/,
    ['controller/alerts/', 'controller/state/', 'protocol/', 'node:crypto', 'npm:zod', 'npm:kysely'],
  ],
  [/^controller\/alerts\/telling\/windows\.ts$/, ['protocol/', 'npm:croner']],
  [
    /^controller\/delivery\//,
    ['controller/delivery/', 'controller/alerts/notifiers/notifier.ts', 'protocol/', 'node:', 'npm:undici', 'npm:nodemailer', 'npm:mqtt'],
  ],
  [/^controller\/alerts\//, ['controller/alerts/', 'controller/state/', 'protocol/', 'npm:zod', 'npm:kysely']],
  [/^controller\/(arrivals|series|pki|broker|ingest|enrolment)\//, ['protocol/', 'node:', 'npm:', 'own folder']],
  [/^controller\/verdict\//, ['controller/verdict/', 'protocol/', 'npm:zod']],
  [/^controller\/state\//, ['controller/state/', 'protocol/', 'npm:kysely']],
  [/^controller\/fleet\/snmp\/mib-worker\.ts$/, ['controller/fleet/', 'node:', 'npm:net-snmp']],
  [/^controller\/fleet\//, ['controller/fleet/', 'controller/state/', 'protocol/', 'node:', 'npm:zod', 'npm:kysely', 'npm:ipaddr.js']],
  [/^controller\/web\/build\.ts$/, ['node:', 'npm:esbuild']],
  [/^controller\/web\/data\/without-eval\.ts$/, ['npm:zod']],
  [/^controller\/web\//, ['controller/web/', 'protocol/', 'npm:preact', 'npm:@preact/signals', 'npm:uplot']],
  [/^controller\//, ['controller/', 'protocol/', 'package.json', 'node:', 'npm:']],
  [/^packaging\/build\/words\.ts$/, ['packaging/', 'agent/', 'controller/', 'node:', 'npm:']],
  [/^packaging\//, ['packaging/', 'node:', 'npm:']],
  [/^test\//, ['test/', 'agent/', 'controller/', 'protocol/', 'packaging/', 'node:', 'npm:']],
];

const importsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/(?:^|[\s;])(?:import|export)\s[^'";]*?from '([^']+)'|(?:^|[\s;])import '([^']+)'|\bimport\('([^']+)'\)/g)].map(
    (match) => {
      const specifier = match[1] ?? match[2] ?? match[3] ?? '';
      if (specifier.startsWith('.')) return path.join(path.dirname(file), specifier);
      return specifier.startsWith('node:') || isBuiltin(specifier) ? `node:${specifier.replace(/^node:/, '')}` : `npm:${specifier}`;
    },
  );

const refused = (file: string, imports: readonly string[]): string[] => {
  const allowed = MAY_IMPORT.find(([pattern]) => pattern.test(file))?.[1] ?? [];
  const own = `${file.split('/').slice(0, 2).join('/')}/`;
  const prefixes = allowed.map((prefix) => (prefix === 'own folder' ? own : prefix));
  return imports.filter((to) => !prefixes.some((prefix) => to.startsWith(prefix))).map((to) => `${file} must not import ${to}`);
};

t.test('every import obeys the table of layers', async (t) => {
  t.same(
    files.flatMap((file) => refused(file, importsOf(file))),
    [],
  );
});

t.test('the table of layers refuses what it should', async (t) => {
  t.same(refused('agent/agent.ts', ['controller/controller.ts']), ['agent/agent.ts must not import controller/controller.ts']);
  t.same(refused('protocol/batch.ts', ['agent/agent.ts', 'node:fs']).length, 2);
  t.same(refused('controller/series/schema.ts', ['controller/arrivals/log.ts', 'controller/series/store.ts']).length, 1);
});

t.test('only protocol/time.ts, the ICMP process and the browser read the time or set a timer', async (t) => {
  const reads = /\b(Date\.now|performance\.now|hrtime|setTimeout|setInterval)\b|new Date\(\)/;
  const mayRead = /^(protocol\/time\.ts|agent\/icmp\/|controller\/web\/)/;
  const found = files.filter((file) => /^(protocol|agent|controller)\//.test(file) && !mayRead.test(file) && reads.test(textOf(file)));
  t.same(found, []);
});

t.test('files of the product stay under 300 lines', async (t) => {
  const long = files.filter((file) => !file.startsWith('test/')).filter((file) => textOf(file).split('\n').length > 300);
  t.same(long, []);
});

t.test('the environment is read in settings and entry points only', async (t) => {
  const found = files.filter(
    (file) => /^(protocol|agent|controller)\//.test(file) && !/(settings|main|build)\.ts$/.test(file) && /process\.env/.test(textOf(file)),
  );
  t.same(found, []);
});

t.test('nothing lies at the top level but what the README names', async (t) => {
  const allowed =
    /^(agent|controller|protocol|packaging|systemd|test|package(-lock)?\.json|tsconfig\.json|README\.md|LICENSE|CHANGELOG\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|biome\.json|node_modules|data|dist|\..*)$/;
  t.same(
    globSync('*', { cwd: root }).filter((name) => !allowed.test(name)),
    [],
  );
});

t.test('the bugs that the simulation puts in are about lines that still stand', async (t) => {
  for (const [name, { file, from }] of Object.entries(MUTATIONS))
    t.equal(textOf(file).split(from).length, 2, `${name}: ${file} has it once`);
});
