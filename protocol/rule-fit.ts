// What a rule's parts must be to each other. Without the schemas, so that the form can say it while somebody types.

interface Parts {
  readonly kind: string;
  readonly comparison: 'above' | 'below';
  readonly threshold: number;
  readonly clearThreshold?: number | undefined;
  readonly window?: object | undefined;
  readonly pattern?: { readonly bad: number; readonly of: number } | undefined;
  readonly change?: object | undefined;
  readonly baseline?: { readonly weeks: number; readonly learnWeeks: number } | undefined;
}

/** What does not fit together, and what would. */
export const misfits = (rule: Parts): [path: string, message: string][] => {
  const found: [string, string][] = [];
  const { kind, threshold, clearThreshold, pattern, baseline } = rule;
  if (pattern && pattern.bad > pattern.of)
    found.push(['pattern', `${pattern.bad} of ${pattern.of} rounds can never be: bad must be at most of`]);
  if (pattern && kind !== 'threshold') found.push(['pattern', 'only a rule of kind threshold counts rounds']);
  if (pattern && rule.window) found.push(['pattern', 'a rule has a window or a pattern, not both']);
  if (kind === 'change' && !rule.change) found.push(['change', 'a rule of kind change needs change.overMs: against which time before']);
  if (kind !== 'change' && rule.change) found.push(['change', 'only for kind change']);
  if (kind === 'baseline' && !baseline) found.push(['baseline', 'a rule of kind baseline needs baseline: {} at least']);
  if (kind !== 'baseline' && baseline) found.push(['baseline', 'only for kind baseline']);
  if (baseline && baseline.learnWeeks > baseline.weeks) found.push(['baseline', 'learnWeeks must be at most weeks']);
  const isBeyond = clearThreshold !== undefined && (rule.comparison === 'above' ? clearThreshold > threshold : clearThreshold < threshold);
  if (isBeyond)
    found.push([
      'clearThreshold',
      `must be ${rule.comparison === 'above' ? 'at most' : 'at least'} the threshold ${threshold}, or it would never stay`,
    ]);
  return found;
};

/** Whether the rule may open incidents: one that needs targets has been given some. */
export const mayPage = (rule: {
  readonly needsTargets: boolean;
  readonly targets: { readonly labels: { readonly in: object } };
}): boolean => !rule.needsTargets || Object.keys(rule.targets.labels.in).length > 0;
