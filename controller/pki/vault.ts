import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readKeyFile, writeKeyFile } from './key-files.ts';

/** Secrets at rest: what a copy of the control database alone does not give away. AES-256-GCM; the place that a secret belongs to is bound in. */
export interface Vault {
  encrypt(place: string, text: string): string;
  /** Throws when it was not encrypted here, or for another place. */
  decrypt(place: string, encrypted: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The key lies beside the other keys of this host, for its owner's eyes only; made at the first start. */
export const openVault = (directory: string): Vault => {
  const path = join(directory, 'vault.key');
  const kept = readKeyFile(path);
  const key = kept === null ? randomBytes(KEY_BYTES) : Buffer.from(kept.trim(), 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`${path} is damaged: it should be ${KEY_BYTES} bytes in base64; restore it from a backup`);
  if (kept === null) writeKeyFile(path, `${key.toString('base64')}\n`);
  return makeVault(key);
};

export const makeVault = (key: Uint8Array): Vault => ({
  encrypt(place, text) {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64');
  },
  decrypt(place, encrypted) {
    const bytes = Buffer.from(encrypted, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(place));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new Error('a kept secret cannot be opened: is keys/vault.key the one of this database?', { cause });
    }
  },
});
