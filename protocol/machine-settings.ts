import * as z from 'zod';

/** How often every agent looks at its own machine, and at what. One document for the whole fleet. */
export const MachineSettings = z.strictObject({
  net: z
    .strictObject({
      enabled: z.boolean().default(true),
      intervalMs: z.int().min(1_000).max(3_600_000).default(10_000),
      /** Interfaces that are left out on every agent; patterns know * and ?. */
      notNames: z.array(z.string().min(1).max(64)).max(50).default([]),
    })
    .prefault({}),
  host: z
    .strictObject({
      enabled: z.boolean().default(true),
      intervalMs: z.int().min(5_000).max(3_600_000).default(30_000),
      /** TCP connections by state, listening ports, ephemeral ports. */
      sockets: z.boolean().default(true),
    })
    .prefault({}),
});
export type MachineSettings = z.infer<typeof MachineSettings>;

/** What a new fleet does. */
export const defaultMachineSettings: MachineSettings = MachineSettings.parse({});
