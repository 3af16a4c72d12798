// Rows that ask the daemon for a path.
import { type Peers, row } from './case.ts';
import { andForwarded, answer, type Sent } from './worlds.ts';

/** A row that asks for a path. */
export const get = (
  what: string,
  path: string,
  peers: Peers,
  ours: string,
  why: string | null = null,
  sent: Sent = {},
) => row(what, peers, ours, () => answer(path, sent), why);

/** The same, and whether the real metadata service was asked for it. */
export const passed = (
  what: string,
  path: string,
  peers: Peers,
  ours: string,
  why: string | null = null,
  sent: Sent = {},
) => row(what, peers, ours, () => andForwarded(path, sent), why);
