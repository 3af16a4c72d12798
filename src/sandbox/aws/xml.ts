// The envelopes of AWS's query protocol: XML with the action's name around the result, or an error.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Examples

/** A result: text, nested elements, or a list that becomes `<member>` elements. Undefined is left out. */
export type Xml = string | number | boolean | Xml[] | { [name: string]: Xml | undefined };

export interface Service {
  name: 'sts' | 'iam' | 'ec2';
  version: string;
}

export const services: readonly Service[] = [
  { name: 'sts', version: '2011-06-15' },
  { name: 'iam', version: '2010-05-08' },
  { name: 'ec2', version: '2016-11-15' },
];

/** @param result null for the actions that answer nothing but a request id */
export function renderResult(
  service: Service,
  action: string,
  result: Xml | null,
  requestId: string,
): string {
  // EC2 has an envelope of its own, and calls the entries of a list `item`.
  if (service.name === 'ec2')
    return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/${service.version}/">${element('requestId', requestId)}${contentOf(result ?? {}, 'item')}</${action}Response>\n`;
  const body = result === null ? '' : element(`${action}Result`, result);
  const metadata = element('ResponseMetadata', { RequestId: requestId });
  return `<${action}Response xmlns="${namespaceOf(service)}">${body}${metadata}</${action}Response>\n`;
}

export function renderError(
  service: Service,
  error: { code: string; status: number; message: string },
  requestId: string,
): string {
  if (service.name === 'ec2') {
    const { code, message } = error;
    const errors = { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId };
    return `${element('Response', errors)}\n`;
  }
  const body = element('Error', {
    Type: error.status < 500 ? 'Sender' : 'Receiver',
    Code: error.code,
    Message: error.message,
  });
  return `<ErrorResponse xmlns="${namespaceOf(service)}">${body}${element('RequestId', requestId)}</ErrorResponse>\n`;
}

const namespaceOf = ({ name, version }: Service): string => `https://${name}.amazonaws.com/doc/${version}/`;

function element(name: string, content: Xml, entryName = 'member'): string {
  return `<${name}>${contentOf(content, entryName)}</${name}>`;
}

function contentOf(content: Xml, entryName: string): string {
  if (Array.isArray(content)) return content.map((entry) => element(entryName, entry, entryName)).join('');
  if (typeof content !== 'object') return escapeXml(String(content));
  return Object.entries(content)
    .map(([name, value]) => (value === undefined ? '' : element(name, value, entryName)))
    .join('');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char]!);
