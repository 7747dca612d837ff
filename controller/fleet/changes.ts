import type { SmokeColumn } from '../../protocol/api.ts';

/** What people who watch want to hear of. Several of one kind may be merged; a listener reads the present state afterwards. */
export type Change =
  | { readonly kind: 'rounds'; readonly agent: string; readonly task: string; readonly columns: readonly SmokeColumn[] }
  | { readonly kind: 'agents'; readonly ids: readonly string[] }
  | { readonly kind: 'targets' }
  | { readonly kind: 'devices' }
  | { readonly kind: 'incidents' };

/** Fan-out in memory: no queue, no replay. Who comes late reads the present state first. */
export interface Changes {
  emit(change: Change): void;
  /** False: what is emitted now reaches nobody, so that it need not be made. */
  isHeard(): boolean;
  /** Returns how to stop listening. A handler must not wait; one that throws is logged and stays. */
  listen(handler: (change: Change) => void): () => void;
}

export const openChanges = (onError: (error: unknown) => void): Changes => {
  const handlers = new Set<(change: Change) => void>();
  return {
    emit(change) {
      for (const handler of handlers) {
        try {
          handler(change);
        } catch (error) {
          onError(error);
        }
      }
    },
    isHeard: () => handlers.size > 0,
    listen(handler) {
      handlers.add(handler);
      return () => {
        handlers.delete(handler);
      };
    },
  };
};
