const reach = 6;
const half = 35;

/** Offset and bound on an axis of ±6 ms: a dot with whiskers, an arrow when it lies beyond. */
export const ClockGlyph = ({ offsetMs, boundMs }: { readonly offsetMs: number; readonly boundMs: number }) => {
  const x = (ms: number): number => half + (Math.max(-reach, Math.min(reach, ms)) / reach) * (half - 2);
  const beyond = Math.abs(offsetMs) > reach;
  const right = offsetMs > 0;
  return (
    <svg width={half * 2} height="14" viewBox={`0 0 ${half * 2} 14`} aria-hidden="true" stroke="var(--ink-3)">
      <path d={`M0 11.5h${half * 2}M${half}.5 3v8.5`} stroke="var(--line-strong)" />
      {beyond ? (
        <path
          d={right ? 'M56 7h9m-3.5-3.5 3.5 3.5-3.5 3.5Z' : 'M14 7H5m3.5-3.5L5 7l3.5 3.5Z'}
          stroke="var(--s2)"
          fill="var(--s2)"
          stroke-width="1.4"
        />
      ) : (
        <>
          <path
            d={`M${x(offsetMs - boundMs)} 7H${x(offsetMs + boundMs)}M${x(offsetMs - boundMs)} 5v4M${x(offsetMs + boundMs)} 5v4`}
            stroke="var(--ink-2)"
          />
          <circle cx={x(offsetMs)} cy="7" r="2.2" fill="var(--ink)" stroke="none" />
        </>
      )}
    </svg>
  );
};
