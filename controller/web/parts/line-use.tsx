/** How full a line is, both ways, as two bars; the figures stand beside them. null: its speed is not known. */
export const LineUse = ({ inRatio, outRatio }: { readonly inRatio: number | null; readonly outRatio: number | null }) => (
  <span class="util" aria-hidden="true">
    <Bar ratio={inRatio} name="in" />
    <Bar ratio={outRatio} name="out" />
  </span>
);

const Bar = ({ ratio, name }: { readonly ratio: number | null; readonly name: string }) => (
  <i class="util-bar" title={ratio === null ? `${name}: not known` : `${name}: ${(ratio * 100).toFixed(1)} %`}>
    <b class={(ratio ?? 0) > 0.8 ? 'full' : ''} style={{ width: `${Math.max(ratio ? 1 : 0, (ratio ?? 0) * 100)}%` }} />
  </i>
);

/** One share of a whole, as a bar. */
export const ShareBar = ({ ratio }: { readonly ratio: number }) => (
  <span class="util" aria-hidden="true">
    <Bar ratio={ratio} name="used" />
  </span>
);
