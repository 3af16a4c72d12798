// The product's version: put in at build time, read from package.json when run from source.
import { readFileSync } from 'node:fs';

declare const __POD_IAM_VERSION__: string | undefined;

export const VERSION: string =
  typeof __POD_IAM_VERSION__ === 'string'
    ? __POD_IAM_VERSION__
    : (
        JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
          version: string;
        }
      ).version;
