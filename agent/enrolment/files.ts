import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { AgentId } from '../../protocol/ids.ts';
import { Labels } from '../../protocol/labels.ts';

/** Who this agent is and whom it trusts, as `register` wrote it down. No secrets. */
export const IdentityFile = z.strictObject({
  agent: AgentId,
  /** Ed25519, SPKI, base64: signs delegations. */
  rootKey: z.string(),
  /** Where it enrolled: certificates are renewed there. */
  controller: z.string(),
  broker: z.string(),
  labels: Labels,
});
export type IdentityFile = z.infer<typeof IdentityFile>;

const OWNER_ONLY = 0o600;
const READABLE = 0o644;

/** The agent's data directory: the database, the identity, the keys (0600, they never leave the host) and the certificates. */
export class DataDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get database(): string {
    return this.file('agent.db');
  }

  get statusFile(): string {
    return this.file('status.json');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  create(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
  }

  /** null before enrolment; throws when it is damaged. */
  identity(): IdentityFile | null {
    const text = this.#read('identity.json');
    return text === null ? null : IdentityFile.parse(JSON.parse(text));
  }

  key(): string | null {
    return this.#read('agent.key');
  }
  sealingKey(): string | null {
    return this.#read('sealing.key');
  }
  certificate(): string | null {
    return this.#read('agent.crt');
  }
  authority(): string | null {
    return this.#read('ca.crt');
  }

  writeKey(pem: string): void {
    writeWhole(this.file('agent.key'), pem, OWNER_ONLY);
  }
  writeSealingKey(pem: string): void {
    writeWhole(this.file('sealing.key'), pem, OWNER_ONLY);
  }
  writeCertificates(certificate: string, authority: string): void {
    writeWhole(this.file('ca.crt'), authority, READABLE);
    writeWhole(this.file('agent.crt'), certificate, READABLE);
  }
  /** Last of all: with it the agent is enrolled. */
  writeIdentity(identity: IdentityFile): void {
    writeWhole(this.file('identity.json'), `${JSON.stringify(identity, null, 2)}\n`, READABLE);
  }

  #read(name: string): string | null {
    try {
      return readFileSync(this.file(name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** All of it or, after a crash, what was there before. */
export const writeWhole = (path: string, text: string, mode: number): void => {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', mode);
  try {
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written); // a nearly full disk answers with a short write first
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
};
