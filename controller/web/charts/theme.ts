/** The tokens that a canvas needs, read from the style sheet: one source for CSS and canvas. */
export interface Theme {
  readonly loss: readonly string[];
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly line: string;
  readonly control: string;
  readonly surface: string;
  readonly sunken: string;
  readonly off: string;
  readonly sel: string;
  readonly bad: string;
  readonly smoke: string;
  readonly focus: string;
  /** Opacity of p5–95, p10–90, p25–75. */
  readonly bands: readonly number[];
  readonly sans: string;
}

export const readTheme = (): Theme => {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    loss: ['s0', 's1', 's2', 's3', 's4', 's5'].map(token),
    ink: token('ink'),
    ink2: token('ink-2'),
    ink3: token('ink-3'),
    line: token('line'),
    control: token('ctl-line'),
    surface: token('surface'),
    sunken: token('sunken'),
    off: token('off'),
    sel: token('sel'),
    bad: token('bad'),
    smoke: token('smoke'),
    focus: token('focus'),
    bands: ['band-1', 'band-2', 'band-3'].map((name) => Number(token(name))),
    sans: token('sans'),
  };
};
