// What to do about a document that IAM would refuse, in the words of its fault.

/** @param hint of the fault; one of a single word, or of JSON, is what should stand there */
export const asAdvice = (hint: string): string =>
  !hint.includes(' ') || hint.startsWith('{') ? `write ${hint}` : hint;

/** The next step; a fault without a hint is best looked at with all others of the file. */
export const adviceOf = ({ hint }: { hint: string | null }): string =>
  hint === null ? 'mend it, then: pod-iam trust-policy check FILE' : asAdvice(hint);
