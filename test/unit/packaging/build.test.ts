import { Command } from 'commander';
import t from 'tap';
import * as z from 'zod';
import { debianChangelog } from '../../../packaging/build/changelog.ts';
import { completionOf } from '../../../packaging/build/completion.ts';
import { dependsOn } from '../../../packaging/build/deb.ts';
import { manualOf } from '../../../packaging/build/manual.ts';
import { rewriteParts, wrapEntry } from '../../../packaging/build/parts.ts';
import { sampleOf } from '../../../packaging/build/sample.ts';

t.test('parts: a child process and a worker are found again inside the executable', async (t) => {
  const text = `fork(fileURLToPath(new URL('./main.ts', import.meta.url)));\nnew Worker(new URL('../b/worker.ts', import.meta.url), {});`;

  t.equal(
    rewriteParts('agent/icmp/supervisor.ts', text),
    `fork(fileURLToPath(new URL('file:///sonde-part/agent/icmp/main.ts')));\nnew Worker(__sondeWorker('agent/b/worker.ts'), {});`,
  );
});

t.test('parts: a process that awaits at its top level keeps its imports there', async (t) => {
  const text = `// why\nimport {\n  a,\n} from './a.ts';\nimport type { B } from 'b';\n\nconst x = await a();\n`;

  t.match(
    wrapEntry(text),
    /^import \{\n {2}a,\n\} from '\.\/a\.ts';\nimport type \{ B \} from 'b';\nvoid \(async \(\) => \{\n\/\/ why[^]*const x = await a\(\);\n\n\}\)\(\);\n$/,
  );
});

t.test('depends: libraries become packages of Debian; one that nobody knows stops the build', async (t) => {
  t.same(dependsOn(['libc.so.6', 'libm.so.6', 'libatomic.so.1', 'ld-linux-x86-64.so.2']), ['libc6 (>= 2.28)', 'libatomic1']);
  t.throws(() => dependsOn(['libssl.so.3']), /which package of Debian has libssl\.so\.3\?/);
});

const program = (): Command => {
  const command = new Command('sonde-x').description('Sonde x: does things').addHelpText('after', '\nFirst:\n  sonde-x go');
  command.command('go').description('goes').argument('[where]').option('--far <n>', "how far; it's up to you", '3');
  return command;
};

t.test('completion: commands and flags, for three shells', async (t) => {
  const { bash, zsh, fish } = completionOf(program());

  t.match(bash, /"go"\*\) words="--far --help"/);
  t.match(bash, /complete -o default -F _sonde_x sonde-x/);
  t.match(zsh, /'--far:how far; it'\\''s up to you'/);
  t.match(fish, /complete -c sonde-x -n '__fish_seen_subcommand_from go' -l far/);
});

t.test('manual: every command with its options, defaults and examples, as roff', async (t) => {
  const words = { version: '1', atS: 0, files: [['/etc/x', 'settings']], exitCodes: [[0, 'fine']], seeAlso: 'x(1)' } as const;

  const page = manualOf(program(), words);

  t.match(page, /^\.TH SONDE-X 8 "1970-01-01" "Sonde 1" "Sonde"$/m);
  t.match(page, /^\.SS "go \[where\]"\nGoes\.\n\.TP\n\.B \\-\\-far <n>\nhow far; it's up to you \(default: "3"\)$/m);
  t.match(page, /^First:\n {2}sonde\\-x go$/m);
});

t.test('sample: every setting commented out, with what it means and its default', async (t) => {
  const schema = z.strictObject({ port: z.number().default(80).describe('Port.'), name: z.string().optional() });

  t.equal(sampleOf(schema, ['Settings.']), '# Settings.\n\n# Port.\n#port: 80\n\n#name:\n');
});

t.test("changelog: the newest entry in Debian's form", async (t) => {
  const markdown = '# Changelog\n\n## Unreleased\n\n- FEATURE: `a` does\n  b.\n\n## 0.1\n\n- old\n';

  t.equal(
    debianChangelog(markdown, { name: 'sonde-x', version: '1', atS: 0, maintainer: 'M <m@x>' }),
    'sonde-x (1) stable; urgency=medium\n\n  * FEATURE: a does b.\n\n -- M <m@x>  Thu, 01 Jan 1970 00:00:00 +0000\n',
  );
});
