import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPrivate } from '../../protocol/address.ts';

const refusal = (host: string, address: string): Error =>
  new Error(
    `${host === address ? '' : `${host} is `}${address}${host === address ? ' is' : ','} a private address: allow it in the notifier, if it is meant`,
  );

/** Looks the name up and refuses private addresses in the same step, so that a name cannot change its answer in between. */
export const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '');
    const bad = addresses.find(({ address }) => isPrivate(address));
    if (bad !== undefined) return done(refusal(host, bad.address), '');
    const [first] = addresses;
    return options.all === true ? done(null, addresses) : done(null, first?.address ?? '', first?.family);
  });
};

/** Throws when a host that is written as an address is a private one; names are looked up by `publicLookup`. */
export const refusePrivateLiteral = (host: string): void => {
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal) > 0 && isPrivate(literal)) throw refusal(literal, literal);
};

/** The address to connect to, so that what was looked at is what is connected to. Throws when it is private and must not be. */
export const addressOf = async (host: string, allowPrivate: boolean): Promise<string> => {
  const literal = host.replace(/^\[|\]$/g, '');
  if (!allowPrivate) refusePrivateLiteral(literal);
  if (isIP(literal) > 0) return literal;
  const lookUp: LookupFunction = allowPrivate ? (name, options, done) => lookup(name, options, done) : publicLookup;
  return new Promise((resolve, reject) => {
    lookUp(literal, { all: false }, (error, address) => {
      if (error !== null || typeof address !== 'string') reject(error ?? new Error(`${literal} has no address`));
      else resolve(address);
    });
  });
};

/** The name that a certificate must have; nothing where an address was written: RFC 6066 allows none in SNI. */
export const serverNameOf = (host: string): { readonly servername?: string } =>
  isIP(host.replace(/^\[|\]$/g, '')) > 0 ? {} : { servername: host };
