import type { ComponentChildren } from 'preact';

// Line icons, 16 px, 1.5 px strokes, in the colour of the text around.

const shapes = {
  overview: <path d="M1.5 8.5h3l2-6 3 11 2-5h3" />,
  incidents: (
    <>
      <path d="M8 2.2 14.6 13.6H1.4Z" />
      <path d="M8 6.4v3.2" />
      <path d="M8 11.6v.1" />
    </>
  ),
  fleet: (
    <>
      <rect x="2" y="2.5" width="12" height="4.6" rx="1" />
      <rect x="2" y="8.9" width="12" height="4.6" rx="1" />
      <path d="M4.6 4.8h.1M4.6 11.2h.1" />
    </>
  ),
  devices: (
    <>
      <rect x="1.8" y="5" width="12.4" height="6" rx="1" />
      <path d="M4.4 8h.1M6.8 8h.1M9.2 8h.1M11.6 8h.1" />
    </>
  ),
  targets: (
    <>
      <circle cx="8" cy="8" r="6" />
      <circle cx="8" cy="8" r="2.4" />
    </>
  ),
  rules: (
    <>
      <path d="M4.2 11.2V7a3.8 3.8 0 0 1 7.6 0v4.2l1.2 1H3Z" />
      <path d="M6.8 14h2.4" />
    </>
  ),
  silence: (
    <>
      <path d="M5.2 4.6A3.8 3.8 0 0 1 11.8 7v3.4M4.2 7v4.2l-1.2 1h9.2" />
      <path d="M6.8 14h2.4M2.4 2.4l11.2 11.2" />
    </>
  ),
  notifier: (
    <>
      <rect x="1.8" y="3.4" width="12.4" height="9.2" rx="1" />
      <path d="m2.2 4.2 5.8 4.6 5.8-4.6" />
    </>
  ),
  plus: <path d="M8 2.8v10.4M2.8 8h10.4" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.3 10.3 3.4 3.4" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.6V8l2.2 1.4" />
    </>
  ),
  left: <path d="M10 3.5 5.5 8l4.5 4.5" />,
  right: <path d="M6 3.5 10.5 8 6 12.5" />,
  down: <path d="M3.5 6 8 10.5 12.5 6" />,
  arrow: <path d="M2.5 8h11M9.5 4l4 4-4 4" />,
  zoomOut: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.3 10.3 3.4 3.4M5.2 7h3.6" />
    </>
  ),
  link: (
    <path d="M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.5-2.5a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.9-.9" />
  ),
  check: <path d="m3.2 8.6 3.2 3.2 6.4-7" />,
  cross: <path d="m3.8 3.8 8.4 8.4M12.2 3.8l-8.4 8.4" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
      <path d="M10.5 3v-.5h-8v8H3" />
    </>
  ),
  terminal: <path d="m2.5 4.5 3.5 3.5-3.5 3.5M8 12h5.5" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 2.2a5.8 5.8 0 0 1 0 11.6Z" fill="currentColor" />
    </>
  ),
  exit: <path d="M6 2.5H2.5v11H6M10 4.5 13.5 8 10 11.5M13.5 8H6" />,
  table: (
    <>
      <rect x="2" y="3" width="12" height="10" rx="1" />
      <path d="M2 6.4h12M2 9.7h12M6.5 6.4V13" />
    </>
  ),
} as const;

export type IconName = keyof typeof shapes;

export const Icon = ({
  name,
  size = 16,
  bold,
  class: style,
}: {
  readonly name: IconName;
  readonly size?: number;
  readonly bold?: boolean;
  readonly class?: string;
}) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    stroke-width={bold ? 2 : 1.5}
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    class={style}
  >
    {shapes[name]}
  </svg>
);

/** The sonde itself. */
export const Mark = (): ComponentChildren => (
  <svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" aria-hidden="true">
    <circle cx="12" cy="8.6" r="6.2" stroke-width="2.2" />
    <path d="M12 15v3.4" stroke-width="2.2" />
    <circle cx="12" cy="20.6" r="1.3" fill="currentColor" stroke-width="1.4" />
    <path d="M9 8.4A3 3 0 0 1 11.8 5.6" stroke-width="1.6" />
  </svg>
);
