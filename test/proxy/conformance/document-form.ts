// The form of the document: its fields, its type, its instants.
import { type Area, row } from './case.ts';
import { CREDENTIALS, send } from './worlds.ts';

export const documentForm: Area = {
  title: 'The form of the document',
  cases: [
    row(
      'its fields',
      { kube2iam: 'AccessKeyId Code Expiration LastUpdated SecretAccessKey Token Type', kiam: 'the same' },
      'AccessKeyId Code Expiration LastUpdated SecretAccessKey Token Type',
      async () =>
        Object.keys(JSON.parse((await send(`${CREDENTIALS}blue`)).body) as object)
          .sort()
          .join(' '),
    ),
    row(
      'its content type',
      { kube2iam: 'text/plain', kiam: 'text/plain', metadataproxy: 'application/json' },
      'application/json',
      async () => String((await send(`${CREDENTIALS}blue`)).headers['content-type']).split(';')[0]!,
      'no SDK looks at it, people do',
    ),
    row(
      'its layout',
      { kube2iam: 'one line', kiam: 'one line', ec2: 'a line for each field' },
      'one line',
      async () =>
        (await send(`${CREDENTIALS}blue`)).body.trimEnd().includes('\n') ? 'several lines' : 'one line',
      'as who comes from kube2iam or kiam knows it; SDKs read JSON',
    ),
    row(
      'its instants',
      { kube2iam: 'local time with a Z', kiam: 'UTC, whole seconds' },
      'UTC, whole seconds',
      async () => {
        const { LastUpdated, Expiration } = JSON.parse((await send(`${CREDENTIALS}blue`)).body) as Record<
          string,
          string
        >;
        const isWhole = [LastUpdated!, Expiration!].every((text) =>
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text),
        );
        const agesMs = Date.now() - Date.parse(LastUpdated!);
        return isWhole && agesMs >= 0 && agesMs < 60_000
          ? 'UTC, whole seconds'
          : `${LastUpdated} ${Expiration}`;
      },
    ),
  ],
};
