/** How full a line is, both ways, as two bars; the figures stand beside them. null: its speed is not known. */
export const LineUse = ({ inRatio, outRatio }: { readonly inRatio: number | null; readonly outRatio: number | null }) => (
  <span class="util" aria-hidden="true">
    <Bar ratio={inRatio} name="in" />
    <Bar ratio={outRatio} name="out" />
  </span>
);

/** `fills`: nearly full is a warning. */
const Bar = ({ ratio, name, fills = true }: { readonly ratio: number | null; readonly name: string; readonly fills?: boolean }) => (
  <i class="util-bar" title={ratio === null ? `${name}: not known` : `${name}: ${(ratio * 100).toFixed(1)} %`}>
    <b class={fills && (ratio ?? 0) > 0.8 ? 'full' : ''} style={{ width: `${Math.max(ratio ? 1 : 0, (ratio ?? 0) * 100)}%` }} />
  </i>
);

/** One share of the largest, as a bar: a comparison, no warning. */
export const ShareBar = ({ ratio }: { readonly ratio: number }) => (
  <span class="util" aria-hidden="true">
    <Bar ratio={ratio} name="share" fills={false} />
  </span>
);
