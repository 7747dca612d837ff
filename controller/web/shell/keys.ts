import { useEffect, useRef } from 'preact/hooks';
import { serverNow } from '../data/clock.ts';
import { go, range, setRange, toggleLive, toggleZone } from '../data/location.ts';
import { shift, zoomIn, zoomOut } from '../data/range.ts';

/** The keys of every page, as the help lists them. */
export const keyList: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'find'],
  ['g o', 'overview'],
  ['g i', 'incidents'],
  ['g f', 'fleet'],
  ['g t', 'targets'],
  ['j k Enter', 'move, open'],
  ['a', 'acknowledge the incident shown'],
  ['← →', 'shift half a range; on a chart, next column'],
  ['+ − 0', 'zoom'],
  ['l', 'live'],
  ['u', 'UTC'],
  ['?', 'these keys'],
];

const pages: Readonly<Record<string, string>> = { o: '/', i: '/incidents', f: '/fleet', t: '/targets' };

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export const useKeys = (open: { readonly find: () => void; readonly help: () => void }): void => {
  const afterG = useRef(0);
  const actions = useRef(open);
  actions.current = open;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
        event.preventDefault();
        actions.current.find();
        return;
      }
      if (
        event.defaultPrevented ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        document.querySelector('dialog[open]')
      )
        return;
      if (serverNow() - afterG.current < 1500 && pages[event.key]) {
        afterG.current = 0;
        go(pages[event.key] ?? '/');
        return;
      }
      if (act(event.key, actions.current)) event.preventDefault();
      else if (event.key === 'g') afterG.current = serverNow();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
};

const act = (key: string, open: { readonly find: () => void; readonly help: () => void }): boolean => {
  const now = serverNow();
  if (key === '/') open.find();
  else if (key === '?') open.help();
  else if (key === 'l') toggleLive();
  else if (key === 'u') toggleZone();
  else if (key === 'ArrowLeft') setRange(shift(range.value, -1, now));
  else if (key === 'ArrowRight' && range.value.kind === 'fixed') setRange(shift(range.value, 1, now));
  else if (key === '+' || key === '=') setRange(zoomIn(range.value, now));
  else if (key === '-') setRange(zoomOut(range.value, now));
  else if (key === '0') setRange({ kind: 'last', ms: 3_600_000 });
  else return false;
  return true;
};

/** j, k and Enter in a table: the row that stands out is `selected`. */
export const useRowKeys = (rows: number, selected: number, select: (index: number) => void, open: (index: number) => void): void => {
  const latest = useRef({ rows, selected, select, open });
  latest.current = { rows, selected, select, open };
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (
        event.defaultPrevented ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        document.querySelector('dialog[open]')
      )
        return;
      const state = latest.current;
      if (event.key === 'j') state.select(Math.min(state.rows - 1, state.selected + 1));
      else if (event.key === 'k') state.select(Math.max(0, state.selected - 1));
      else if (
        event.key === 'Enter' &&
        state.selected >= 0 &&
        (event.target === document.body || (event.target instanceof HTMLElement && event.target.closest('tr')))
      )
        state.open(state.selected);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
};
