// Lets etcd forget all versions before this one, as an API server makes it do minutes after its start.
// https://etcd.io/docs/v3.6/op-guide/maintenance/#history-compaction
import assert from 'node:assert/strict';

/** @param url of etcd's client port, such as `http://127.0.0.1:2379` */
export async function forgetVersions(url: string): Promise<void> {
  const { header } = await ask(url, 'range', { key: btoa('\0'), limit: '1' });
  await ask(url, 'compaction', { revision: header.revision, physical: true });
}

async function ask(url: string, what: string, body: object): Promise<{ header: { revision: string } }> {
  const answer = await fetch(`${url}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, 200, `etcd refused ${what}: ${text}`);
  return JSON.parse(text);
}
