import { useState } from 'preact/hooks';
import { path } from '../data/location.ts';
import { isLight, look, toggleLook } from '../data/preferences.ts';
import { signOut, who } from '../data/session.ts';
import { totals } from '../data/totals.ts';
import { count } from '../format/quantity.ts';
import { Link } from '../parts/basics.tsx';
import { Icon, type IconName, Mark } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';

interface Entry {
  readonly to: string;
  readonly name: string;
  readonly icon: IconName;
  readonly also?: RegExp;
}

const entries: readonly (readonly Entry[])[] = [
  [
    { to: '/', name: 'Overview', icon: 'overview' },
    { to: '/incidents', name: 'Incidents', icon: 'incidents' },
    { to: '/rules', name: 'Rules', icon: 'rules' },
    { to: '/silences', name: 'Silences', icon: 'silence' },
    { to: '/notifiers', name: 'Notifiers', icon: 'notifier' },
  ],
  [
    { to: '/fleet', name: 'Fleet', icon: 'fleet' },
    { to: '/targets', name: 'Targets', icon: 'targets', also: /^\/pairs\// },
    { to: '/devices', name: 'Devices', icon: 'devices' },
    { to: '/explore', name: 'Explore', icon: 'search' },
    { to: '/store', name: 'Store', icon: 'table' },
    { to: '/api-tokens', name: 'API tokens', icon: 'link' },
  ],
];

/** The bottom of a phone has room for five; the rest is found. */
const NOT_ON_PHONES: ReadonlySet<string> = new Set(['/devices', '/rules', '/silences', '/notifiers', '/store', '/explore', '/api-tokens']);

const isCurrent = ({ to, also }: Entry): boolean => {
  const at = path.value;
  return at === to || (to !== '/' && at.startsWith(`${to}/`)) || (also?.test(at) ?? false);
};

export const Rail = ({ onFind, onKeys }: { readonly onFind: () => void; readonly onKeys: () => void }) => (
  <aside class="rail">
    <Link to="/" class="brand">
      <Mark />
      <span class="word">Sonde</span>
      <span class="site cut">{who.value.state === 'in' && who.value.session.site !== 'Sonde' ? who.value.session.site : ''}</span>
    </Link>
    <button type="button" class="find" onClick={onFind} aria-label="Find">
      <Icon name="search" size={14} />
      <span class="word">Find</span>
      <kbd>/</kbd>
    </button>
    {entries.map((group, index) => (
      <nav key={index} class="nav" aria-label={index === 0 ? 'State' : 'What is measured'}>
        {group.map((entry) => (
          <NavItem key={entry.to} {...entry} />
        ))}
      </nav>
    ))}
    <div class="nav foot">
      <NavItem to="/enrol" name="Enrol agent" icon="plus" />
      <button type="button" class="nav-item" onClick={toggleLook}>
        <Icon name="theme" />
        <span class="word">{look.value && isLight() ? 'Dark' : 'Light'}</span>
      </button>
      <UserMenu onKeys={onKeys} />
    </div>
  </aside>
);

const NavItem = (entry: Entry) => (
  <Link to={entry.to} class="nav-item" current={isCurrent(entry)}>
    <Icon name={entry.icon} />
    <span class="word">{entry.name}</span>
    <Tail to={entry.to} />
  </Link>
);

const Tail = ({ to }: { readonly to: string }) => {
  const numbers = totals.value;
  if (!numbers) return null;
  if (to === '/incidents' && numbers.incidents > 0)
    return (
      <span class="tail ink">
        <Glyph shape="firing" />
        {numbers.incidents}
      </span>
    );
  if (to === '/fleet') return <span class="tail">{count(numbers.agents)}</span>;
  return to === '/targets' ? <span class="tail">{count(numbers.targets)}</span> : null;
};

const UserMenu = ({ onKeys }: { readonly onKeys: () => void }) => {
  const [open, setOpen] = useState(false);
  if (who.value.state !== 'in') return null;
  const { user, version } = who.value.session;
  const initials = user.name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
  return (
    <div class="user">
      {open ? (
        <div class="menu up">
          <p class="small ink3">
            {user.login}, {user.role} · Sonde {version}
          </p>
          <button type="button" onClick={() => void signOut()}>
            <Icon name="exit" size={14} /> Sign out
          </button>
        </div>
      ) : null}
      <div class="nav-item">
        <button type="button" class="row grow" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span class="initials">{initials}</span>
          <span class="word cut">{user.name}</span>
        </button>
        <button type="button" class="tail word" aria-label="Keys" onClick={onKeys}>
          <kbd>?</kbd>
        </button>
      </div>
    </div>
  );
};

/** The bottom of the phone. */
export const Tabs = ({ onFind }: { readonly onFind: () => void }) => (
  <nav class="tabs" aria-label="Pages">
    {entries
      .flat()
      .filter(({ to }) => !NOT_ON_PHONES.has(to))
      .map((entry) => (
        <Link key={entry.to} to={entry.to} current={isCurrent(entry)}>
          <Icon name={entry.icon} size={20} />
          {entry.name}
          {entry.to === '/incidents' && (totals.value?.incidents ?? 0) > 0 ? <span class="badge">{totals.value?.incidents}</span> : null}
        </Link>
      ))}
    <button type="button" onClick={onFind}>
      <Icon name="search" size={20} />
      Find
    </button>
  </nav>
);
