import type { FastifyRequest } from 'fastify';

const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

/** A Prometheus on this host needs nothing, one elsewhere a session or a token. */
export const mayScrape = ({ ip, actor }: Pick<FastifyRequest, 'ip' | 'actor'>): boolean => LOOPBACK.test(ip) || actor !== null;
