/** The form of requests for operations: SQS's on the JSON wire, Lambda's as REST, and SNS's on the Query wire. */

export interface Form {
  service: 'sqs' | 'sns' | 'lambda';
  method: string;
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

const MAPPINGS = '/2015-03-31/event-source-mappings';
const REST = { service: 'lambda', query: '', headers: { 'content-type': 'application/json' } } as const;

type Input = Readonly<Record<string, unknown>>;

/** The operations of Lambda that files of queues need. */
const restForms: Readonly<Record<string, (input: Input) => Form>> = {
  ListEventSourceMappings: (input) => ({
    ...{ service: 'lambda', method: 'GET', path: MAPPINGS, headers: {}, body: Buffer.alloc(0) },
    query: new URLSearchParams(input as Record<string, string>).toString(),
  }),
  CreateEventSourceMapping: (input) => ({ ...REST, method: 'POST', path: MAPPINGS, body: jsonOf(input) }),
  UpdateEventSourceMapping: ({ UUID, ...input }) => ({
    ...{ ...REST, method: 'PUT', path: `${MAPPINGS}/${UUID}` },
    body: jsonOf(input),
  }),
};

/** The operations of SNS that files of queues need. SQS has none of these names. */
const snsOperations: ReadonlySet<string> = new Set([
  ...['CreateTopic', 'DeleteTopic', 'ListTopics', 'GetTopicAttributes', 'SetTopicAttributes'],
  ...['TagResource', 'ListTagsForResource', 'GetDataProtectionPolicy', 'PutDataProtectionPolicy'],
  ...['Subscribe', 'ListSubscriptionsByTopic', 'GetSubscriptionAttributes', 'SetSubscriptionAttributes'],
]);

/** Returns the request for an operation with this input. */
export function formOf(operation: string, input: object): Form {
  const rest = Object.hasOwn(restForms, operation) ? restForms[operation] : undefined;
  if (rest) return rest(input as Input);
  if (snsOperations.has(operation)) return queryForm(operation, input);
  return {
    ...{ service: 'sqs', method: 'POST', path: '/', query: '' },
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body: jsonOf(input),
  };
}

/** Asks for the output as JSON, in which it is as in the operation's shape. */
function queryForm(operation: string, input: object): Form {
  const form = new URLSearchParams({ Action: operation, Version: '2010-03-31' });
  for (const [name, value] of Object.entries(input)) addParameters(form, name, value);
  return {
    ...{ service: 'sns', method: 'POST', path: '/', query: '' },
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: Buffer.from(form.toString()),
  };
}

/** Adds the parameters for a value: those of a list of structures, or of a map of strings. */
function addParameters(form: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const [key, part] of Object.entries(item as object)) {
        form.set(`${name}.member.${index + 1}.${key}`, String(part));
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [index, [key, part]] of Object.entries(value).entries()) {
      form.set(`${name}.entry.${index + 1}.key`, key);
      form.set(`${name}.entry.${index + 1}.value`, String(part));
    }
  } else form.set(name, String(value));
}

function jsonOf(input: object): Buffer {
  return Buffer.from(JSON.stringify(input));
}
