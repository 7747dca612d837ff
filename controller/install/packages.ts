import { createHash } from 'node:crypto';
import { createReadStream, globSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Some bytes of a file that are handed out under a name of their own. */
export interface Download {
  readonly name: string;
  readonly path: string;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The agent for one architecture, in both forms. The tarball is the package's own content: no second copy is kept. */
export interface AgentPackage {
  readonly architecture: 'amd64' | 'arm64';
  readonly version: string;
  readonly deb: Download;
  readonly tarball: Download;
}

const NAME = /^sonde-agent_([^_]+)_(amd64|arm64)\.deb$/;

/** Looks into the folder each time, and reads a package once: the newest version of each architecture. */
export const openPackages = (folder: string): (() => Promise<readonly AgentPackage[]>) => {
  const known = new Map<string, Promise<AgentPackage | null>>();
  return async () => {
    const newest = new Map<string, string>();
    for (const name of globSync('sonde-agent_*.deb', { cwd: folder }).toSorted(byVersion)) {
      const architecture = NAME.exec(name)?.[2];
      if (architecture !== undefined) newest.set(architecture, name);
    }
    const found = await Promise.all(
      [...newest.values()].map((name) => {
        const path = join(folder, name);
        const { mtimeMs, size } = statSync(path);
        const mark = `${path} ${mtimeMs} ${size}`;
        const reading = known.get(mark) ?? readPackage(path);
        known.set(mark, reading);
        return reading;
      }),
    );
    return found.filter((one) => one !== null);
  };
};

/** 0.10.0 comes after 0.9.1. */
const byVersion = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

const readPackage = async (path: string): Promise<AgentPackage | null> => {
  const [, version = '', architecture] = NAME.exec(basename(path)) ?? [];
  const data = await findMember(path, 'data.tar.xz');
  if (data === null || (architecture !== 'amd64' && architecture !== 'arm64')) return null;
  const whole = { offset: 0, sizeBytes: statSync(path).size };
  const download = async (name: string, part: { offset: number; sizeBytes: number }): Promise<Download> => ({
    name,
    path,
    ...part,
    sha256: await hash(path, part),
  });
  const tarName = `sonde-agent-${version}-linux-${architecture === 'amd64' ? 'x64' : 'arm64'}.tar.xz`;
  return { architecture, version, deb: await download(basename(path), whole), tarball: await download(tarName, data) };
};

const hash = async (path: string, { offset, sizeBytes }: { offset: number; sizeBytes: number }): Promise<string> => {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path, { start: offset, end: offset + sizeBytes - 1 })) sum.update(chunk);
  return sum.digest('hex');
};

const AR_MAGIC = '!<arch>\n';
const AR_HEADER = 60;

/** Where a member of an ar archive, which a .deb is, begins and how long it is; null when there is none. */
export const findMember = async (path: string, name: string): Promise<{ offset: number; sizeBytes: number } | null> => {
  await using file = await open(path);
  const read = async (at: number, length: number): Promise<string> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.toString('latin1', 0, bytesRead);
  };
  if ((await read(0, AR_MAGIC.length)) !== AR_MAGIC) return null;
  for (let at = AR_MAGIC.length; ; ) {
    const header = await read(at, AR_HEADER);
    if (header.length < AR_HEADER) return null;
    const sizeBytes = Number.parseInt(header.slice(48, 58), 10);
    if (header.slice(0, 16).trim().replace(/\/$/, '') === name) return { offset: at + AR_HEADER, sizeBytes };
    at += AR_HEADER + sizeBytes + (sizeBytes % 2);
  }
};
