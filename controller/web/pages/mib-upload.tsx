import { useState } from 'preact/hooks';
import type { MibView } from '../../../protocol/api-devices.ts';
import { ApiError, request } from '../data/api.ts';
import { plural } from '../format/quantity.ts';
import { Glyph, type Shape } from '../parts/state.tsx';
import { inUploadOrder, type MibFile, mibFile } from './mib-files.ts';

interface Row {
  readonly file: MibFile;
  readonly state: 'waits' | 'reads' | 'done' | 'failed';
  /** What is wrong, line by line; or how much was found. */
  readonly said: readonly string[];
}

const SHAPES: { readonly [S in Row['state']]: Shape } = { waits: 'off', reads: 'pending', done: 'ok', failed: 'firing' };
const NO_MODULE = 'This file holds no MIB module: it has no "NAME DEFINITIONS ::= BEGIN".';

/** Chosen files, one after the other, each with what became of it. */
export const MibUpload = ({ onChanged }: { readonly onChanged: () => void }) => {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const running = rows.some(({ state }) => state === 'waits' || state === 'reads');
  const set = (file: MibFile, state: Row['state'], said: readonly string[] = []): void =>
    setRows((old) => old.map((row) => (row.file === file ? { file, state, said } : row)));
  const upload = async (file: MibFile): Promise<void> => {
    if (file.module === null) return set(file, 'failed', [NO_MODULE]);
    set(file, 'reads');
    try {
      const { objects } = await request<MibView>('PUT', `/mibs/${encodeURIComponent(file.module)}`, { text: file.text });
      set(file, 'done', [plural(objects, 'name')]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const faults = (error.problem.errors ?? []).map(({ message }) => message);
      set(file, 'failed', faults.length > 0 ? faults : [error.message]);
    }
  };
  const take = async (chosen: FileList | null): Promise<void> => {
    const read = await Promise.all(Array.from(chosen ?? [], async (one) => mibFile(one.name, await one.text())));
    const files = inUploadOrder(read);
    setRows(files.map((file) => ({ file, state: 'waits', said: [] })));
    for (const file of files) await upload(file);
    onChanged();
  };
  const done = rows.filter(({ state }) => state === 'done' || state === 'failed').length;
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Upload</h2>
        <span class="ink3">a vendor's MIB files, several at once</span>
      </div>
      <div class="panel-body stack">
        <label class="field">
          <span class="field-head">MIB files</span>
          <input
            class="input"
            type="file"
            multiple
            disabled={running}
            onChange={(event) => {
              void take(event.currentTarget.files);
            }}
          />
          <span class="field-help">
            Names become numbers when a device is saved. What a module imports must be here first, or be chosen with it.
          </span>
        </label>
        {running ? <progress class="wide" max={rows.length} value={done} aria-label={`${done} of ${rows.length} files`} /> : null}
        <ul class="events" aria-live="polite">
          {rows.map(({ file, state, said }) => (
            <li key={file.file}>
              <Glyph shape={SHAPES[state]} size={9} />
              <span class="strong">{file.module ?? file.file}</span>
              <span class={state === 'failed' ? 'ink' : 'ink2'}>
                {said.length === 0 ? state : said.map((line) => <div key={line}>{line}</div>)}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
};
