import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../../protocol/steps.ts';
import { systemClock } from '../../protocol/time.ts';
import { EXIT } from '../cli/exit-codes.ts';

const DISK_LOW_BYTES = 1024 * 1024 * 1024;
const CERTIFICATE_LOW_DAYS = 90;
const DAY_MS = 86_400_000;

export const checkDirectory = (data: string): Step => {
  const { mode, uid } = statSync(data);
  if ((mode & 0o077) !== 0)
    return {
      step: 'data',
      ok: false,
      detail: `${data} may be read by others: the keys are in it`,
      fix: `chmod 700 ${data}`,
      exit: EXIT.config,
    };
  return { step: 'data', ok: true, detail: `${data}, of user ${uid}` };
};

/** The authority's dates, and whether the root key could be moved offline. */
export const checkKeys = (keys: string): readonly Step[] => {
  const path = join(keys, 'ca.crt');
  if (!existsSync(path))
    return [
      { step: 'authority', ok: false, detail: `${path} is missing`, fix: 'restore the keys directory from a backup', exit: EXIT.config },
    ];
  const { validTo } = new X509Certificate(readFileSync(path));
  const days = Math.floor((Date.parse(validTo) - systemClock.now()) / DAY_MS);
  const authority: Step =
    days > CERTIFICATE_LOW_DAYS
      ? { step: 'authority', ok: true, detail: `good for ${days} more days; agents renew every few days by themselves` }
      : {
          step: 'authority',
          ok: false,
          detail: `good for ${days} more days`,
          fix: 'every agent must enrol with a new one before then',
          exit: EXIT.config,
        };
  const root = join(keys, 'root.key');
  const signing: Step = existsSync(join(keys, 'signing.key'))
    ? {
        step: 'signing',
        ok: true,
        detail: existsSync(root)
          ? `${root} could be moved offline: it is needed for new generations only`
          : 'the root key is offline, as it should be',
      }
    : {
        step: 'signing',
        ok: false,
        detail: 'the signing key is missing',
        fix: 'restore the keys directory from a backup',
        exit: EXIT.config,
      };
  return [authority, signing];
};

const SYNCHRONISED = ['/run/systemd/timesync/synchronized', '/run/chrony/chronyd.pid', '/run/chronyd.pid', '/run/ntpd.pid'];

export const checkHostClock = (): Step =>
  SYNCHRONISED.some((path) => existsSync(path))
    ? { step: 'clock', ok: true, detail: 'synchronised' }
    : {
        step: 'clock',
        ok: true,
        detail: 'nothing says that it is synchronised: rounds are stamped in this clock, so chrony or systemd-timesyncd is worth having',
      };

export const checkDisk = (data: string): Step => {
  const { bavail, bsize, files, ffree } = statfsSync(data);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (files > 0 && ffree < 1_000)
    return {
      step: 'disk',
      ok: false,
      detail: `only ${ffree} inodes free`,
      fix: `remove files from the file system of ${data}`,
      exit: EXIT.cannotCreate,
    };
  return free > DISK_LOW_BYTES
    ? { step: 'disk', ok: true, detail }
    : {
        step: 'disk',
        ok: false,
        detail,
        fix: `free some space on the file system of ${data}, or keep less: --retention-days`,
        exit: EXIT.cannotCreate,
      };
};
