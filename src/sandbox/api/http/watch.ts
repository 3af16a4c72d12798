// Watches: changes since a version, then as they happen, one JSON line each, with bookmarks in between.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { randomInt } from 'node:crypto';
import type { ApiObject } from '../object.ts';
import { matcherOf } from '../operations/read.ts';
import { expired, plainError } from '../status.ts';
import type { Change } from '../store/store.ts';
import { listQuery } from './options.ts';
import { isTrue } from './request.ts';
import type { Exchange } from './resources.ts';
import { tableOf, wantsTable } from './table.ts';

export interface WatchSettings {
  /** Between two bookmarks of a watch that asks for them. */
  bookmarkMs: number;
}

export function sendWatch({ core, request, resource, message, response, watch }: Exchange): void {
  const { type } = resource;
  const { query } = request;
  const { namespace, ...selectors } = listQuery(resource, query);
  const bySelectors = matcherOf(type, selectors);
  const isInView = (object: ApiObject): boolean =>
    (namespace === '' || object.metadata.namespace === namespace) && bySelectors(object);
  const wantsBookmarks = isTrue(query.get('allowWatchBookmarks'));
  const from = startOf(selectors.resourceVersion);

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const send = (event: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type: event, object })}\n`);
  };
  const isTabular = wantsTable(message.headers.accept);
  const show = (object: ApiObject): unknown => {
    const { resourceVersion } = object.metadata;
    return (isTabular && tableOf(type, [object], { resourceVersion })) || object;
  };
  const bookmark = (annotations?: Record<string, string>): void =>
    send('BOOKMARK', {
      kind: type.kind,
      apiVersion: type.apiVersion,
      metadata: { resourceVersion: String(core.store.version), ...(annotations ? { annotations } : {}) },
    });
  const pass = (change: Change): void => {
    const event = change.version > (from ?? 0) ? eventOf(change, isInView) : null;
    if (event) send(event, show(change.object));
  };

  if (from === null || isTrue(query.get('sendInitialEvents'))) {
    for (const object of core.store.list(type.key, namespace))
      if (isInView(object)) send('ADDED', show(object));
    if (wantsBookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = core.store.since(from, type.key);
    if (!missed) {
      send('ERROR', expired(`too old resource version: ${from} (${core.store.oldestVersion})`).status);
      response.end();
      return;
    }
    for (const change of missed) pass(change);
  }

  const unwatch = core.store.watch(type.key, pass);
  const seconds = Number(query.get('timeoutSeconds') || randomInt(1800, 3600));
  const end = setTimeout(() => {
    stop();
    response.end();
  }, seconds * 1000);
  const bookmarks = wantsBookmarks ? setInterval(() => bookmark(), watch.bookmarkMs) : undefined;
  const stop = (): void => {
    unwatch();
    clearTimeout(end);
    clearInterval(bookmarks);
  };
  response.on('close', stop);
}

// Null for a watch that begins with what there is.
function startOf(version: string): number | null {
  if (version === '' || version === '0') return null;
  if (/^\d+$/.test(version)) return Number(version);
  const text = JSON.stringify(version);
  throw plainError(
    500,
    `resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`,
  );
}

/** An object that comes into a selector's view is added for the watcher, one that leaves it deleted. */
function eventOf(change: Change, isInView: (object: ApiObject) => boolean): Change['type'] | null {
  const isSeen = change.type !== 'DELETED' && isInView(change.object);
  const wasSeen = change.previous !== null && isInView(change.previous);
  if (isSeen) return wasSeen ? 'MODIFIED' : 'ADDED';
  return wasSeen ? 'DELETED' : null;
}
