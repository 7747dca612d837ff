import { useEffect, useRef, useState } from 'preact/hooks';

import { go } from '../data/location.ts';
import { useAgents, useIncidents, useTargets } from '../data/lists.ts';
import { Icon, type IconName } from '../parts/icons.tsx';

interface Hit {
  readonly to: string;
  readonly name: string;
  readonly detail: string;
  readonly icon: IconName;
}

const pages: readonly Hit[] = [
  { to: '/', name: 'Overview', detail: 'page', icon: 'overview' },
  { to: '/incidents', name: 'Incidents', detail: 'page', icon: 'incidents' },
  { to: '/rules', name: 'Rules', detail: 'page', icon: 'rules' },
  { to: '/silences', name: 'Silences and maintenance', detail: 'page', icon: 'silence' },
  { to: '/notifiers', name: 'Notifiers and routes', detail: 'page', icon: 'notifier' },
  { to: '/fleet', name: 'Fleet', detail: 'page', icon: 'fleet' },
  { to: '/devices', name: 'Devices', detail: 'page', icon: 'devices' },
  { to: '/targets', name: 'Targets', detail: 'page', icon: 'targets' },
  { to: '/explore', name: 'Explore', detail: 'page', icon: 'search' },
  { to: '/api-tokens', name: 'API tokens', detail: 'page', icon: 'link' },
  { to: '/targets/new', name: 'Add target', detail: 'action', icon: 'plus' },
  { to: '/enrol', name: 'Enrol agent', detail: 'action', icon: 'plus' },
];

/** Finds agents, targets, addresses, incidents, pages and actions by any part of their words. */
export const Finder = ({ onClose }: { readonly onClose: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const agents = useAgents();
  const targets = useTargets();
  const incidents = useIncidents();
  useEffect(() => dialog.current?.showModal(), []);
  const all: readonly Hit[] = [
    ...(agents.rows ?? []).map(
      (agent): Hit => ({ to: `/fleet/${agent.id}`, name: agent.id, detail: `agent ${agent.hostname}`, icon: 'fleet' }),
    ),
    ...(targets.rows ?? []).map(
      (target): Hit => ({ to: `/targets/${target.id}`, name: target.name, detail: target.address, icon: 'targets' }),
    ),
    ...(incidents.rows ?? []).map(
      (incident): Hit => ({ to: `/incidents/${incident.id}`, name: incident.title, detail: `incident ${incident.id}`, icon: 'incidents' }),
    ),
    ...pages,
  ];
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = (
    words.length === 0 ? pages : all.filter((hit) => words.every((word) => `${hit.name} ${hit.detail}`.toLowerCase().includes(word)))
  ).slice(0, 10);
  const open = (hit: Hit | undefined): void => {
    if (!hit) return;
    onClose();
    go(hit.to);
  };
  return (
    <dialog ref={dialog} class="finder" aria-label="Find" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          open(hits[Math.min(at, hits.length - 1)]);
        }}
      >
        <input
          class="input"
          value={text}
          placeholder="Agent, target, address, page"
          aria-label="Find"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
            event.preventDefault();
            setAt(Math.min(hits.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1))));
          }}
        />
        <div class="hits">
          {hits.map((hit, index) => (
            <button key={hit.to} type="button" class={index === at ? 'nav-item on' : 'nav-item'} onClick={() => open(hit)}>
              <Icon name={hit.icon} />
              <span class="cut grow">{hit.name}</span>
              <span class="tail">{hit.detail}</span>
            </button>
          ))}
          {hits.length === 0 ? <p class="ink3 small nothing">Nothing has these words.</p> : null}
        </div>
      </form>
    </dialog>
  );
};
