import * as z from 'zod';
import { AgentId, Generation, TimestampMs } from './ids.ts';
import { Oid, SnmpAccess } from './probes/snmp.ts';
import { Address, AddressFamily } from './target.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** An agent that takes commands says so among its capabilities. */
export const COMMAND_CAPABILITY = 'command';

/** How a device is spoken to; the secrets (SnmpSecrets as JSON) are sealed to the agent in the context of the command's id. */
const speaking = {
  port: z.int().min(1).max(65_535).default(161),
  access: SnmpAccess,
  sealed: z.string().max(2_000),
  timeoutMs: z.int().min(200).max(30_000).default(3_000),
  retries: z.int().min(0).max(5).default(1),
};

/** What an agent can be asked to do now. To add one: a shape here, and a case in agent/errands/run.ts. */
export const Errand = z.discriminatedUnion('do', [
  /** Everything below `root`, at most so many variables. */
  z.strictObject({
    do: z.literal('snmp-walk'),
    ...speaking,
    address: Address,
    family: AddressFamily.default('any'),
    root: Oid,
    most: z.int().min(1).max(100_000),
  }),
  /** Which of these addresses speak SNMP, and what they are. */
  z.strictObject({
    do: z.literal('snmp-discover'),
    ...speaking,
    addresses: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .max(4_096),
  }),
]);
export type Errand = z.infer<typeof Errand>;

export const CommandId = z.string().regex(/^[0-9a-f]{32}$/);
/** The longest that a command may lie on its way: so long must an agent remember that it has had it. */
export const COMMAND_LIFE_MS = 60_000;
/** `command`: what one agent is to do now, once. Signed as configurations are; its id is used once. Times are the controller's. */
export const Command = z.strictObject({
  kind: z.literal('command'),
  agent: AgentId,
  generation: Generation,
  id: CommandId,
  at: TimestampMs,
  /** Not begun after this. */
  beginBefore: TimestampMs,
  /** Ended at the latest so long after it was begun. */
  withinMs: z.int().min(1_000).max(600_000),
  errand: Errand,
});
export type Command = z.infer<typeof Command>;

export const FoundVariable = z.object({
  oid: z.string().max(1_000),
  /** Counter64, STRING …; the tag's number when it has no name. */
  type: z.string().max(20),
  value: z.union([z.number(), z.string().max(2_100)]),
});
export const FoundDevice = z.object({
  address: z.string().max(64),
  name: z.string().max(255),
  descr: z.string().max(255),
  objectId: z.string().max(255),
  ports: z.number().nullable(),
});
export type FoundVariable = z.infer<typeof FoundVariable>;
export type FoundDevice = z.infer<typeof FoundDevice>;
export type Found = FoundVariable | FoundDevice;

/** Why a command found no more: refused by the agent (`reason` is a code), or what went wrong on the way. */
export const CommandEnd = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), reason: z.string().max(64), detail: z.string().max(500) }),
]);
export type CommandEnd = z.infer<typeof CommandEnd>;

/** Found at most in one reply. */
export const FOUND_AT_ONCE = 500;
/** `command/reply`: what was found, part after part; the last one says how it ended. */
export const CommandReply = z.object({
  v: z.literal(PROTOCOL_VERSION),
  id: CommandId,
  /** 0, 1, 2 …: a part that came twice is known again, and one that is missing is missed. */
  part: z.int().nonnegative(),
  variables: z.array(FoundVariable).max(FOUND_AT_ONCE),
  devices: z.array(FoundDevice).max(FOUND_AT_ONCE),
  end: CommandEnd.nullable(),
});
export type CommandReply = z.infer<typeof CommandReply>;
