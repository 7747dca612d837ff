import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPrivate } from '../../protocol/address.ts';
import type { SendPage } from './watchdog.ts';

const TIMEOUT_MS = 10_000;

/**
 * One POST; redirects are not followed. `refusalOf` is what this host's guard rails say to an address, null when they let it. The address is looked
 * at in the step that connects, so that a name cannot change its answer in between. No message holds the URL: it may be a secret.
 */
export const makeSendPage =
  (refusalOf: (address: string) => string | null): SendPage =>
  ({ url, headers, body, allowPrivate }, signal) => {
    const { hostname, protocol } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    const problemOf = (address: string): string | null =>
      !allowPrivate && isPrivate(address) ? `${address} is a private address` : refusalOf(address);
    const guarded: LookupFunction = (host, options, done) => {
      lookup(host, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return done(error, '');
        const problem = addresses.map(({ address }) => problemOf(address)).find((one) => one !== null);
        if (problem !== undefined) return done(new Error(problem), '');
        const [first] = addresses;
        return options.all === true ? done(null, addresses) : done(null, first?.address ?? '', first?.family);
      });
    };
    const problem = isIP(literal) > 0 ? problemOf(literal) : null;
    if (problem !== null) return Promise.reject(new Error(problem));
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, lookup: guarded, timeout: TIMEOUT_MS, signal, agent: false };
      const sent = (protocol === 'https:' ? requestHttps : requestHttp)(url, options, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', reject);
      sent.end(body);
    });
  };
