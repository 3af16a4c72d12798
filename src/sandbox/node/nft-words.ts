// The words of an nftables script, read one after the other.

/** What `nft` refuses, in its words. */
export class NftError extends Error {}

/** The words of a script; `\n` and `;` are breaks. */
export class Words {
  private readonly words: string[];
  at = 0;

  constructor(script: string) {
    this.words = script.replace(/#.*$/gm, '').match(/"[^"]*"|[{};,\n]|[^\s{};,"]+/g) ?? [];
  }

  get ended(): boolean {
    return this.at >= this.words.length;
  }

  peek(): string {
    return this.words[this.at] ?? '';
  }

  get atBreak(): boolean {
    return this.ended || this.peek() === '\n' || this.peek() === ';';
  }

  take(): string {
    if (this.ended) throw this.fault('end of file');
    return this.words[this.at++]!;
  }

  since(from: number): string[] {
    return this.words.slice(from, this.at);
  }

  takeUntilBreak(): string[] {
    const from = this.at;
    while (!this.atBreak && this.peek() !== '}') this.at++;
    return this.since(from);
  }

  skipBreaks(): void {
    while (!this.ended && this.atBreak) this.at++;
  }

  /** Words of the given names, each with the value after it. */
  skipPairs(...names: string[]): void {
    while (names.includes(this.peek())) {
      this.take();
      this.take();
    }
  }

  expect(word: string): void {
    const found = this.take();
    if (found !== word) throw this.fault(found, word);
  }

  fault(found: string, wanted?: string): NftError {
    const expecting = wanted ? `, expecting ${wanted}` : '';
    return new NftError(`Error: syntax error, unexpected ${found === '\n' ? 'newline' : found}${expecting}`);
  }
}
