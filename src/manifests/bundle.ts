// The daemon as files: the built bundle, the loader that unpacks it in a ConfigMap, and the build
// context of an image.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { environmentProblem } from '../model/problem.ts';

export interface Bundle {
  /** The bundle, gzipped; far below the 1 MiB that a ConfigMap may hold. */
  gzip: Buffer;
  /** The text of run.cjs. */
  loader: string;
  /** Of all that the ConfigMap holds: a name for its content. */
  hash: string;
}

/** @throws Problem when the package was never built */
export function readBundle(): Bundle {
  const gzip = readPackageFile('dist/proxy/proxy.cjs.gz');
  const loader = readPackageFile('templates/image/run.cjs').toString();
  const hash = createHash('sha256').update(gzip).update(loader).digest('hex').slice(0, 10);
  return { gzip, loader, hash };
}

/** What `docker build` needs, by file name. */
export function imageContext(bundle: Bundle): Record<string, Buffer> {
  return {
    'proxy.cjs': gunzipSync(bundle.gzip),
    Dockerfile: readPackageFile('templates/image/Dockerfile'),
  };
}

// Two folders up is the package's root from src/manifests as well as from dist/chunks and dist/commands.
function readPackageFile(path: string): Buffer {
  try {
    return readFileSync(new URL(`../../${path}`, import.meta.url));
  } catch (cause) {
    throw environmentProblem({
      code: 'NOT_BUILT',
      what: `the package holds no ${path}`,
      why: 'it was not built, or not installed whole',
      next: 'npm run build',
      cause,
    });
  }
}
