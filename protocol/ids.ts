import * as z from 'zod';

/** Names that go into topics, tags and file names: lower case, digits, dots and dashes, at most 63 characters. */
const slug = (what: string): z.ZodString =>
  z
    .string()
    .regex(
      /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/,
      `${what}: lower-case letters, digits, dots and dashes, 1 to 63 of them, not at an end`,
    );

export const AgentId = slug('agent id');
export const TargetId = slug('target id');
export const RuleId = slug('rule id');
/** `<target id>/<probe kind>`, unique in the fleet; with the agent it names one series of rounds. */
export const TaskId = z.string().regex(/^[a-z0-9.-]{1,63}\/[a-z]+$/, 'task id: <target id>/<probe>');
/** Random for each start of an agent, so that a deleted spool or a restored machine never uses a sequence twice. */
export const Epoch = z.string().regex(/^[0-9a-f]{16}$/, 'epoch: 16 hex digits');
export const Sequence = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since the epoch in the controller's time; whole milliseconds. */
export const TimestampMs = z.int().min(0).max(8_640_000_000_000_000);
export const Revision = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const Generation = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** The nearest legal id to a free text (a host name, an address); empty when nothing of it is legal. */
export const toSlug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63)
    .replaceAll(/[.-]+$/g, '');
