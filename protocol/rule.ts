import * as z from 'zod';
import { RuleId, TargetId } from './ids.ts';
import { everyAgent, LabelKey, Labels, Selector } from './labels.ts';
import { misfits } from './rule-fit.ts';

export { mayPage } from './rule-fit.ts';

// What opens an incident. One schema for the YAML file, the REST API and the web admin's form; a key that is missing was not asked for.

export const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;

const durationMs = z.int().min(0).max(86_400_000);
const spanMs = z.int().min(1_000).max(604_800_000);
const everything = { in: {}, notIn: {} };

/** Tags are spelt as Telegraf spells them: `ifAlias`, `sysName`, whatever a vendor writes into them. */
const tags = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'tag: a letter, then letters, digits, _ . or -'),
  z.array(z.string().min(1).max(255)).min(1),
);
const TagSelector = z.strictObject({ in: tags.default({}), notIn: tags.default({}) });

/** How the values of a window become one. A mean of `loss_ratio` is weighted by packets, and counts only as far as they bear it out. */
export const WindowAggregate = z.enum(['mean', 'median', 'p95', 'min', 'max', 'sum']);
export type WindowAggregate = z.infer<typeof WindowAggregate>;

/** Where the numbers of a change or a baseline are measured: as a difference in the field's unit, or as a share of what they are compared with. */
const Against = z.enum(['difference', 'ratio']);

export const Rule = z
  .strictObject({
    id: RuleId,
    name: z.string().min(1).max(120),
    enabled: z.boolean().default(true),
    /** What it is for, and where its numbers come from. */
    description: z.string().max(1_000).default(''),
    /**
     * threshold: a value over a line. change: how far it has moved against the time before. baseline: against the same hour of earlier weeks.
     * no-data: the agent is heard, this series is not. agent-off: the agent is not heard.
     */
    kind: z.enum(['threshold', 'change', 'baseline', 'no-data', 'agent-off']).default('threshold'),
    /** Which series: the measurement, and the field by its name in the catalogue, or as it is stored when the catalogue has none. */
    measurement: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/, 'measurement: a lower-case letter, then letters, digits or _')
      .default('ping'),
    field: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'field: a letter, then letters, digits or _')
      .default('loss_ratio'),
    targets: z.strictObject({ labels: Selector.default(everything) }).prefault({}),
    agents: Selector.default(everyAgent),
    /** Tags of the series beyond agent and target, such as an interface's name. */
    series: TagSelector.default(everything),
    comparison: z.enum(['above', 'below']).default('above'),
    threshold: z.number().default(0),
    /** Hysteresis: once it fires, it stays so until the value is back over this line. */
    clearThreshold: z.number().optional(),
    /** Judges the values of this long together instead of the last round alone. */
    window: z.strictObject({ aggregate: WindowAggregate, lengthMs: spanMs }).optional(),
    /** Breached when `bad` of the last `of` rounds are. */
    pattern: z.strictObject({ bad: z.int().min(1).max(1_000), of: z.int().min(1).max(1_000) }).optional(),
    /** For kind change: against the median of this long before. */
    change: z.strictObject({ overMs: spanMs, as: Against.default('difference') }).optional(),
    /** For kind baseline: against the median of the same hour of so many earlier weeks; `deviations` counts median absolute deviations. */
    baseline: z
      .strictObject({
        weeks: z.int().min(1).max(12).default(4),
        learnWeeks: z.int().min(1).max(12).default(2),
        as: z.enum(['deviations', 'ratio']).default('deviations'),
      })
      .optional(),
    /** How many of the agents that measure a target must see it, or which share of those that have an opinion. */
    quorum: z.union([z.strictObject({ count: z.int().min(1).max(10_000) }), z.strictObject({ share: z.number().gt(0).max(1) })]).optional(),
    /** Breached this long before it fires. */
    forMs: durationMs.default(60_000),
    /** Clear this long before it resolves. */
    keepMs: durationMs.default(60_000),
    /** Once it has fired so often within this time it resolves only after as long a quiet again as all that; 0 times: never. */
    damping: z.strictObject({ times: z.int().min(0).max(100).default(3), withinMs: spanMs.default(3_600_000) }).prefault({}),
    severity: Severity.default('critical'),
    /** Evaluated and shown, but opens nothing and tells nobody until `targets` names some: its numbers are not right everywhere. */
    needsTargets: z.boolean().default(false),
    /** Go with each notification, beside the incident's own. */
    labels: Labels.default({}),
    /** Templates for people: {{value}}, {{threshold}}, {{agent}}, {{target}}, {{rule}}, {{severity}}, {{labels.NAME}}. */
    annotations: z.record(LabelKey, z.string().max(2_000)).default({}),
    /** Who is told; empty: whom the routes name, and without routes every notifier. */
    notifiers: z.array(z.string()).default([]),
  })
  .superRefine((rule, context) => {
    for (const [path, message] of misfits(rule)) context.addIssue({ code: 'custom', path: [path], message });
  });
export type Rule = z.infer<typeof Rule>;
/** As written by a person: defaults may be missing. */
export type RuleInput = z.input<typeof Rule>;

/** What hangs behind what, so that a dead parent mutes its children. */
export const Dependencies = z.strictObject({
  /** By hand: target → its parents. */
  parents: z.record(TargetId, z.array(TargetId).min(1)).default({}),
  /** A label of a target that names its parent: by the parent's id, or, where no such target is measured, what its bearers share. */
  labels: z.array(LabelKey).default(['site', 'upstream', 'gateway', 'parent']),
  /** Whether paths that traces have seen make parents too. */
  traces: z.boolean().default(true),
});
export type Dependencies = z.infer<typeof Dependencies>;

/** A file of rules, as `controller rules list --yaml` writes it and `controller rules apply` reads it. */
export const RuleFile = z.strictObject({ rules: z.array(Rule).default([]), dependencies: Dependencies.optional() });
export type RuleFile = z.infer<typeof RuleFile>;
