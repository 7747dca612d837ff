import { lossWidth } from '../charts/smoke.ts';

const classes = ['none', 'to 1 %', '1 to 5 %', '5 to 20 %', '20 to 99 %', '100 %'];

/** What the chart's marks mean, each drawn as it is drawn there. */
export const Legend = () => (
  <div class="legend">
    <span>
      <svg width="22" height="12" aria-hidden="true" fill="var(--smoke)">
        <rect width="22" height="12" opacity=".2" />
        <rect y="2" width="22" height="8" opacity=".22" />
        <rect y="4" width="22" height="4" opacity=".4" />
      </svg>
      p5 to 95, 10 to 90, 25 to 75
    </span>
    <span class="optional">Median by loss</span>
    {classes.map((name, index) => (
      <span key={name} class="optional">
        <svg width="14" height="4" aria-hidden="true">
          <path d="M0 2h14" stroke={`var(--s${index})`} stroke-width={lossWidth[index]} />
        </svg>
        {name}
      </span>
    ))}
    <span class="end">
      <svg width="18" height="12" aria-hidden="true">
        <path d="M0 1.5h18" stroke="var(--ink-3)" />
        <rect y="1.5" width="18" height="10.5" fill="var(--ink-3)" opacity=".3" />
      </svg>
      own error bound
    </span>
    <span class="optional">
      <svg width="18" height="12" aria-hidden="true">
        <path d="M0 8 8 0M0 14 14 0M6 14 18 2M12 14l8-8" stroke="var(--ctl-line)" stroke-width="1.3" />
      </svg>
      no data
    </span>
    <span class="optional">
      <svg width="18" height="12" aria-hidden="true">
        <rect width="18" height="12" fill="var(--off)" />
        <path d="M.5 0v12M17.5 0v12" stroke="var(--ctl-line)" />
      </svg>
      agent off
    </span>
  </div>
);
