// The shapes of the REST contract that protocol/api.ts names as schemas only.
import type * as api from '../../../protocol/api.ts';

export type DryRun = (typeof api.DryRun)['_output'];
export type TokenView = (typeof api.TokenView)['_output'];
export type TokenCreated = (typeof api.TokenCreated)['_output'];
