import { readFileSync, writeFileSync } from 'node:fs';

// Run after each `npm install`. A registry that does not serve every platform's package leaves holes in the lock, and the `npm ci` of npm 11 and
// later refuses such a lock on other machines. This adds the missing entries and drops `engines` from platform packages, which npm would
// otherwise skip silently by the host's Node instead of by the pinned one.

interface Entry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  engines?: unknown;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** What a platform package's name says of its platform: `@biomejs/cli-linux-x64-musl` → linux, x64, musl. */
const platformOf = (name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> => {
  const words = name.split(/[/-]/);
  const find = (known: readonly string[]): string | undefined => known.find((word) => words.includes(word));
  const os = find(['linux', 'darwin', 'win32', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix', 'android', 'openharmony']);
  const cpu = find(['x64', 'arm64', 'ia32', 'arm', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x']);
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }) };
};

let added = 0;
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const platform = platformOf(name);
    if (!lock.packages[path] && platform.os) {
      lock.packages[path] = { version, ...(parent.dev && { dev: true }), optional: true, ...platform };
      added++;
    }
  }
}
for (const entry of Object.values(lock.packages)) if (entry.optional && entry.os) delete entry.engines;
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform packages added`);
