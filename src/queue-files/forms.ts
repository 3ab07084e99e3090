/** The form of requests for operations: SQS's on the JSON wire, and Lambda's as REST. */

export interface Form {
  service: 'sqs' | 'lambda';
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

/** Returns the request for an operation with this input. */
export function formOf(operation: string, input: object): Form {
  const rest = Object.hasOwn(restForms, operation) ? restForms[operation] : undefined;
  if (rest) return rest(input as Input);
  return {
    ...{ service: 'sqs', method: 'POST', path: '/', query: '' },
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body: jsonOf(input),
  };
}

function jsonOf(input: object): Buffer {
  return Buffer.from(JSON.stringify(input));
}
