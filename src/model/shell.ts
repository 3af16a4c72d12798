// Commands are printed to be pasted, and what stands in them is often other people's text: a word that a
// shell would take apart, or obey, is quoted.

/** Quotes a word for a POSIX shell when it needs it. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
