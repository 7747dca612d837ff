import { signal } from '@preact/signals';
import { readTheme, type Theme } from '../charts/theme.ts';

// What belongs to this browser and to no URL: dark or light. Automatic unless said.

export type Look = 'auto' | 'dark' | 'light';
const key = 'sonde-look';
const isLook = (text: string | null): text is Look => text === 'dark' || text === 'light';

export const look = signal<Look>('auto');
/** The colours for canvases, read anew when they change. */
export const theme = signal<Theme>(readTheme());

const apply = (): void => {
  if (look.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = look.value;
  theme.value = readTheme();
};

export const loadLook = (): void => {
  const kept = localStorage.getItem(key);
  look.value = isLook(kept) ? kept : 'auto';
  apply();
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', apply);
};

/** What the page looks like now, however that came. */
export const isLight = (): boolean =>
  look.value === 'auto' ? matchMedia('(prefers-color-scheme: light)').matches : look.value === 'light';

export const toggleLook = (): void => {
  look.value = isLight() ? 'dark' : 'light';
  localStorage.setItem(key, look.value);
  apply();
};

/** Narrow: a phone. */
export const phone = signal(matchMedia('(max-width: 720px)').matches);
matchMedia('(max-width: 720px)').addEventListener('change', (event) => {
  phone.value = event.matches;
});
