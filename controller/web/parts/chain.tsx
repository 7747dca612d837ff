export interface Node {
  readonly name: string;
  readonly evidence: string;
  /** fine: judged and clear. guilty: the fault is here. unknown: cannot be judged yet. */
  readonly verdict: 'fine' | 'guilty' | 'unknown';
}

/** The four places of blame, always in this order: agent, first mile, shared path, target. */
export const Chain = ({ nodes }: { readonly nodes: readonly Node[] }) => (
  <ol class="chain" aria-label="Where it could lie">
    {nodes.map((node, index) => (
      <li
        key={node.name}
        class={[
          node.verdict,
          node.verdict === 'guilty' || nodes[index + 1]?.verdict === 'guilty'
            ? node.name === 'Shared path' || nodes[index + 1]?.name === 'Shared path'
              ? 'lit'
              : ''
            : '',
        ].join(' ')}
      >
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="7.9" fill="var(--surface)" />
          {node.verdict === 'guilty' ? (
            <circle cx="8" cy="8" r="7" fill="var(--bad)" />
          ) : (
            <circle
              cx="8"
              cy="8"
              r="5.6"
              fill="none"
              stroke="var(--ink-3)"
              stroke-width="1.8"
              stroke-dasharray={node.verdict === 'unknown' ? '2 2.4' : undefined}
            />
          )}
          {node.verdict === 'fine' ? (
            <path
              d="m5.6 8.2 1.7 1.7 3.1-3.5"
              fill="none"
              stroke="var(--ink-2)"
              stroke-width="1.4"
              stroke-linecap="round"
              stroke-linejoin="round"
            />
          ) : null}
        </svg>
        <b>{node.name}</b>
        <small>{node.evidence}</small>
      </li>
    ))}
  </ol>
);
