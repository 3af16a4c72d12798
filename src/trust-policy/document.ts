// Policy documents as they are printed: the same bytes for the same input.

export interface StatementDocument {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: Record<string, string | string[]>;
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument {
  Version: string;
  Statement: StatementDocument[];
}

export const documentOf = (...statements: StatementDocument[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** JSON of two blanks, with a line end. */
export const renderDocument = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;

/** A list of one is written as the one. */
export const oneOrMany = (texts: readonly string[]): string | string[] =>
  texts.length === 1 ? texts[0]! : [...texts];
