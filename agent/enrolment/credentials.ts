import { X509Certificate } from 'node:crypto';
import type { DialOptions } from '../link/dial.ts';
import type { DataDirectory, IdentityFile } from './files.ts';

/** What an enrolled agent connects with; read anew each time, because certificates are renewed. Throws when a file is gone. */
export const dialOptionsOf = (data: DataDirectory, nowMs: () => number | null): DialOptions => {
  const [key, certificate, authority] = [data.key(), data.certificate(), data.authority()];
  if (key === null || certificate === null || authority === null)
    throw new Error(`${data.path}: the agent's key or certificates are gone: delete identity.json there and register again`);
  return { anchor: { authority }, credentials: { key, certificate }, nowMs };
};

export interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

export const validityOf = (certificatePem: string): Validity => {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  return { fromMs: Date.parse(validFrom), toMs: Date.parse(validTo) };
};

export const brokerOf = (identity: IdentityFile): string => (identity.broker === '' ? identity.controller : identity.broker);
