// A machine whose programs are one function, for tests of what is made of their answers.
import { ToolError, type ToolResult, type Tools } from '../../../src/proxy/redirect/tools.ts';

export type Answer = (argv: string[], input: string) => Partial<ToolResult> | null;

/** A machine whose programs are one function; null is: there is no such program. */
export class Machine implements Tools {
  readonly calls: string[] = [];
  readonly answer: Answer;

  constructor(answer: Answer) {
    this.answer = answer;
  }

  async attempt(argv: readonly string[], input = ''): Promise<ToolResult> {
    this.calls.push(argv.join(' '));
    const result = this.answer([...argv], input);
    if (result === null) throw new ToolError(`${argv[0]} cannot be started: ENOENT`);
    return { code: 0, stdout: '', stderr: '', ...result };
  }

  async run(argv: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(argv, input);
    if (code !== 0) throw new ToolError(`${argv.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async follow(): Promise<void> {}
}
