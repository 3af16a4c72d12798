// The programs' common loop: a line in, the command; a line out, the outcome as JSON.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);

/** @param answer takes the command, resolves to an outcome or rejects */
export async function serve(packageName, answer) {
  const { dependencies } = require('./package.json');
  say({ ready: true, version: dependencies[packageName] });
  for await (const command of createInterface({ input: process.stdin })) {
    try {
      say(await answer(command));
    } catch (error) {
      say({ error: `${error.name}: ${error.message}` });
    }
  }
}

const say = (outcome) => console.log(JSON.stringify(outcome));
