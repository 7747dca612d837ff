import { query, setQuery } from '../data/location.ts';
import { Icon } from './icons.tsx';

/** What the list on this page is narrowed to: the address's `?q=`, so that a link shows the same. */
export const searchText = (): string => query.value.get('q') ?? '';

interface Props {
  readonly placeholder: string;
  readonly label: string;
  /** How many are shown, in words. */
  readonly found: string;
}

export const Search = ({ placeholder, label, found }: Props) => (
  <div class="search grow">
    <Icon name="search" size={14} />
    <input
      value={searchText()}
      placeholder={placeholder}
      aria-label={label}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => setQuery({ q: event.currentTarget.value })}
    />
    <span class="ink3 small num">{found}</span>
  </div>
);
