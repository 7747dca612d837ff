// Which requests a browser may have been tricked into. Pure.

export interface Names {
  /** Host names and addresses in lower case, IPv6 in brackets. */
  readonly known: ReadonlySet<string>;
  /** True when the server listens on every address: then any address in the Host header is one that the browser really dialled. */
  readonly anyAddress: boolean;
}

export const makeNames = (host: string, publicHosts: readonly string[], hostname: string): Names => ({
  known: new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host), ...publicHosts.map(bracketed), hostname.toLowerCase()]),
  anyAddress: host === '0.0.0.0' || host === '::',
});

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host).toLowerCase();

/**
 * Against DNS rebinding: a page at evil.example that has its name point here sends `Host: evil.example`, so only names that are ours
 * are answered. An address cannot be rebound.
 */
export const isKnownHost = (hostHeader: string | undefined, names: Names): boolean => {
  const name = hostOf(hostHeader ?? '');
  return names.known.has(name) || (names.anyAddress && (/^\d+(\.\d+){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name)));
};

const hostOf = (header: string): string => (/^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(header)?.[1] ?? '').toLowerCase().replace(/\.$/, '');

export interface Fetched {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The Sec-Fetch-Site header. */
  readonly site: string | undefined;
  readonly upgrade: boolean;
}

/**
 * Against requests forged by another page. Browsers send Origin with every unsafe request and every WebSocket; what sends neither Origin
 * nor Sec-Fetch-Site is no browser and has no cookie that it was not given.
 */
export const isForged = ({ method, host, origin, site, upgrade }: Fetched): boolean => {
  if (!upgrade && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')) return false;
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== (host ?? '').toLowerCase();
  return site !== undefined && site !== 'same-origin' && site !== 'none';
};
