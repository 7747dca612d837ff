import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { connect, link } from '../data/live.ts';
import { clockSeconds, duration } from '../format/time.ts';
import { Icon, Mark } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';
import { Finder } from './finder.tsx';
import { useKeys } from './keys.ts';
import { KeyHelp } from './key-help.tsx';
import { Rail, Tabs } from './rail.tsx';
import { RangePicker } from './range-picker.tsx';
import { Link } from '../parts/basics.tsx';

export interface Crumb {
  readonly to: string;
  readonly name: string;
}

interface FrameProps {
  readonly title: ComponentChildren;
  readonly crumb?: Crumb;
  /** Whether the page has a time range. */
  readonly timed?: boolean;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Rail, top bar and the page between them. */
export const Frame = ({ title, crumb, timed, tools, children }: FrameProps) => {
  const [open, setOpen] = useState<'find' | 'keys' | null>(null);
  useKeys({ find: () => setOpen('find'), help: () => setOpen('keys') });
  useEffect(() => {
    document.title = `${typeof title === 'string' ? title : (crumb?.name ?? 'Sonde')} · Sonde`;
  }, [title, crumb?.name]);
  return (
    <div class="frame">
      <Rail onFind={() => setOpen('find')} onKeys={() => setOpen('keys')} />
      <div class="grow">
        <header class="top">
          <h1>
            {crumb ? (
              <>
                <Link to={crumb.to} class="crumb" label={crumb.name}>
                  <Icon name="left" size={20} class="phone-inline" />
                  <span class="phone-off">{crumb.name}</span>
                </Link>
                <Icon name="right" size={14} class="sep phone-off" />
              </>
            ) : null}
            {title}
          </h1>
          <div class="tools">
            {tools}
            {timed ? <RangePicker /> : null}
          </div>
        </header>
        <main class="content">
          <LinkLost />
          {children}
        </main>
      </div>
      <Tabs onFind={() => setOpen('find')} />
      {open === 'find' ? <Finder onClose={() => setOpen(null)} /> : null}
      {open === 'keys' ? <KeyHelp onClose={() => setOpen(null)} /> : null}
    </div>
  );
};

/** One bar while the live link is away: since when, next try. */
const LinkLost = () => {
  const state = link.value;
  if (state.state !== 'lost') return null;
  const wait = Math.max(0, state.nextTryAt - now.value);
  return (
    <div class="bar" role="status">
      <Glyph shape="off" />
      <span>Not live since {clockSeconds(state.since, zone.value)}</span>
      <span class="ink3 grow">{wait > 0 ? `next try in ${duration(Math.max(1000, wait))}` : 'trying'}</span>
      <button type="button" class="button quiet tiny" onClick={connect}>
        Try now
      </button>
    </div>
  );
};

/** A page before anyone is signed in. */
export const Plain = ({
  children,
  subtitle,
  aside,
}: {
  readonly children: ComponentChildren;
  readonly subtitle?: string;
  readonly aside?: string;
}) => (
  <div class="plain">
    <header>
      <span class="row">
        <Mark />
        <b class="brand-name">Sonde</b>
      </span>
      {subtitle ? <span class="ink3 subtitle">{subtitle}</span> : null}
      {aside ? <span class="small ink3 phone-off">{aside}</span> : null}
    </header>
    <main>{children}</main>
  </div>
);
