// Why a file could not be read or written, in words: Node's own begin with an error number's name and
// end with the system call.

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file is in the way',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EMFILE: 'too many files are open',
};

/** One line; Node's message for what has no words here. */
export function fileFault(error: unknown): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  return WORDS[code] ?? message.split('\n')[0]!;
}
