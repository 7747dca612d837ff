import type { User } from '../../protocol/api.ts';

export type Role = User['role'];
const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Who asks. `session` is the hash of the cookie's token; null for the command line on the Unix socket, which file permissions let in. */
export interface Actor {
  readonly user: User;
  readonly session: string | null;
}

/** Viewers read, operators change targets and incidents, admins everything. */
export const mayAct = (actor: Actor, needed: Role): boolean => RANK[actor.user.role] >= RANK[needed];

/** The command line on the host itself. */
export const commandLine: Actor = { user: { login: 'command-line', name: 'Command line', role: 'admin' }, session: null };

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null;
  }
  interface FastifyContextConfig {
    /** The least role that may call the route; `open` needs no session. A route that says nothing is for admins. */
    readonly access?: Role | 'open';
    /** Clients of InfluxDB call it: they may send `?u=USER&p=TOKEN`, and read errors by its names. */
    readonly influx?: boolean;
  }
}
