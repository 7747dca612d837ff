// The integer that every message carries as `v`. Raise it only when an old reader would misread a new message.
// 1 (2026-11): first version.
export const PROTOCOL_VERSION = 1;
