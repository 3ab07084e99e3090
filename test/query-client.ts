/**
 * A client's side of the Query wire, written by hand from the API reference: it encodes input as a form, and decodes
 * XML. Input and output have the member names of the JSON wire. By design, it shares no code with src/api.
 */

type Value = unknown;

/** The lists in requests: the name on the JSON wire, and the name of an item on the Query wire. */
const ITEM_NAMES: Record<string, string> = {
  AttributeNames: 'AttributeName',
  MessageSystemAttributeNames: 'AttributeName',
  MessageAttributeNames: 'MessageAttributeName',
  TagKeys: 'TagKey',
  AWSAccountIds: 'AWSAccountId',
  Actions: 'ActionName',
  StringListValues: 'StringListValue',
  BinaryListValues: 'BinaryListValue',
};

/** The maps in requests: the name on the JSON wire, and the names of an item, its key and its value on the Query wire. */
const MAPS: Record<string, [item: string, key: string, value: string]> = {
  Attributes: ['Attribute', 'Name', 'Value'],
  MessageAttributes: ['MessageAttribute', 'Name', 'Value'],
  MessageSystemAttributes: ['MessageSystemAttribute', 'Name', 'Value'],
  tags: ['Tag', 'Key', 'Value'],
  Tags: ['Tag', 'Key', 'Value'],
};

/** Encodes the input of an operation as `application/x-www-form-urlencoded`. */
export function queryForm(operation: string, input: Record<string, Value>): string {
  const form = new URLSearchParams({ Action: operation, Version: '2012-11-05' });
  const put = (name: string, value: Value) => {
    if (value === undefined || value === null) return;
    if (typeof value === 'object') putMembers(`${name}.`, value as Record<string, Value>);
    else form.append(name, String(value));
  };
  const putMembers = (prefix: string, members: Record<string, Value>) => {
    for (const [name, value] of Object.entries(members)) {
      const map = MAPS[name];
      if (Array.isArray(value)) {
        const item = name === 'Entries' ? `${operation}RequestEntry` : ITEM_NAMES[name];
        if (item === undefined) throw unknown(`the list ${name} in requests`, 'ITEM_NAMES');
        for (const [index, one] of value.entries()) put(`${prefix}${item}.${index + 1}`, one);
      } else if (map && typeof value === 'object' && value !== null) {
        Object.entries(value).forEach(([key, one], index) => {
          form.append(`${prefix}${map[0]}.${index + 1}.${map[1]}`, key);
          put(`${prefix}${map[0]}.${index + 1}.${map[2]}`, one);
        });
      } else if (typeof value === 'object' && value !== null) throw unknown(`the map ${name} in requests`, 'MAPS');
      else put(`${prefix}${name}`, value);
    }
  };
  putMembers('', input);
  return form.toString();
}

export interface Element {
  name: string;
  text: string;
  children: Element[];
}

/** The error for an operation whose spelling is missing in the tables of this file. */
function unknown(what: string, table: string): Error {
  return new Error(`${what}: test/query-client.ts does not know the spelling. Add it to ${table}.`);
}

/** The elements of a response that can repeat, with the name of the list on the JSON wire. */
const LISTS: Record<string, string> = {
  Message: 'Messages',
  SendMessageBatchResultEntry: 'Successful',
  DeleteMessageBatchResultEntry: 'Successful',
  ChangeMessageVisibilityBatchResultEntry: 'Successful',
  BatchResultErrorEntry: 'Failed',
  ListMessageMoveTasksResultEntry: 'Results',
};

/** Elements of answers that are entries of a map: their name, and the name of the map on the JSON wire. */
const ENTRIES: Record<string, string> = {
  Attribute: 'Attributes',
  MessageAttribute: 'MessageAttributes',
  Tag: 'Tags',
};

/** Elements of answers that are numbers. */
const NUMBERS = new Set([
  'ApproximateNumberOfMessagesMoved',
  'ApproximateNumberOfMessagesToMove',
  'MaxNumberOfMessagesPerSecond',
  'StartedTimestamp',
]);

/** Decodes the result of a response, with the member names of the JSON wire. */
export function queryResult(operation: string, xml: string): Record<string, Value> {
  const result = parseXml(xml).children.find(({ name }) => name === `${operation}Result`);
  return result ? membersOf(result, operation) : {};
}

/** Decodes an error response: its `Type`, `Code` and `Message`. */
export function queryError(xml: string): Record<string, string> {
  const error = parseXml(xml).children.find(({ name }) => name === 'Error');
  return Object.fromEntries(error!.children.map(({ name, text }) => [name, text]));
}

function membersOf(element: Element, operation: string): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const child of element.children) {
    const { name } = child;
    const listName =
      LISTS[name] ??
      (name === 'QueueUrl' && operation === 'ListQueues'
        ? 'QueueUrls'
        : name === 'QueueUrl' && operation === 'ListDeadLetterSourceQueues'
          ? 'queueUrls'
          : undefined);
    const isText = name === 'Message' && child.children.length === 0;
    if (listName && !isText) {
      const value = child.children.length > 0 ? membersOf(child, operation) : child.text;
      result[listName] = [...((result[listName] as Value[]) ?? []), value];
    } else if (ENTRIES[name]) {
      const [key, value] = child.children as [Element, Element];
      const entry = value.children.length > 0 ? membersOf(value, operation) : value.text;
      const map = new Map(Object.entries((result[ENTRIES[name]] as object) ?? {}));
      result[ENTRIES[name]] = Object.fromEntries(map.set(key.text, entry));
    } else if (NUMBERS.has(name)) result[name] = Number(child.text);
    else if (name === 'SenderFault') result[name] = child.text === 'true';
    else if (child.children.length > 0 || Object.hasOwn(result, name))
      throw unknown(`<${name}> in responses`, 'LISTS or ENTRIES');
    else result[name] = child.text;
  }
  return result;
}

/** A small, strict XML parser: it throws for anything that is not well-formed. */
export function parseXml(xml: string): Element {
  const body = xml.replace(/^<\?xml[^?]*\?>\s*/, '');
  const top: Element = { name: '', text: '', children: [] };
  const open = [top];
  let rest = body;
  while (rest !== '') {
    const [whole, closing, name, selfClosing, text] = /^<(\/?)([A-Za-z0-9]+)[^<>]*?(\/?)>|^([^<]+)/.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`This is not XML: ${rest.slice(0, 80)}`);
    rest = rest.slice(whole.length);
    const current = open.at(-1)!;
    if (text !== undefined) current.text += unescaped(text);
    else if (closing) {
      if (open.pop()!.name !== name) throw new Error(`</${name}> cannot close <${current.name}>.`);
    } else {
      const element: Element = { name: name!, text: '', children: [] };
      current.children.push(element);
      if (!selfClosing) open.push(element);
    }
  }
  if (open.length !== 1 || top.children.length !== 1) throw new Error(`This XML is incomplete: ${xml}`);
  return top.children[0]!;
}

function unescaped(text: string): string {
  if (/[\r]/.test(text))
    throw new Error('The XML contains an unescaped carriage return, which XML parsers convert to a line feed.');
  return text.replace(/&(?:#x([0-9A-Fa-f]+)|(\w+));/g, (whole, hex, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    const character = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name as string];
    if (character === undefined) throw new Error(`XML has no entity ${whole}.`);
    return character;
  });
}
