// Reads the XML of AWS's query protocols: elements and text, no attributes, no mixed content.

export interface Element {
  name: string;
  text: string;
  children: Element[];
}

/** The outermost element; null when the text holds none. */
export function parseXml(text: string): Element | null {
  const root: Element = { name: '', text: '', children: [] };
  const open = [root];
  for (const [, close, name, self, words] of text.matchAll(
    /<\?[^>]*>|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g,
  )) {
    const parent = open.at(-1)!;
    if (words !== undefined) parent.text += decode(words);
    else if (name === undefined) continue;
    else if (close) {
      if (open.length > 1) open.pop();
    } else {
      const element: Element = { name, text: '', children: [] };
      parent.children.push(element);
      if (!self) open.push(element);
    }
  }
  return root.children[0] ?? null;
}

/** The elements at the end of a path of names. */
export const allAt = (element: Element | null, ...path: string[]): Element[] =>
  path.reduce<Element[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    element === null ? [] : [element],
  );

/** The text of the first element at the end of a path; null when there is none. */
export const textAt = (element: Element | null, ...path: string[]): string | null =>
  allAt(element, ...path)[0]?.text.trim() ?? null;

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decode = (text: string): string =>
  text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([\da-f]+));/gi, (_, name, decimal, hex) =>
    name
      ? named[name.toLowerCase()]!
      : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );
