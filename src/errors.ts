/**
 * Every refusal of SQS, in one table that both wires and the batch entries spell from. It is the whole table of AWS's model
 * and of the framework below it, also where Squab has no occasion for a refusal (keys of KMS).
 * Source: API reference, "Errors" of each action and "Common errors"; statuses as observed on the service.
 */

interface ErrorRow {
  /** `__type` on the JSON wire, without its namespace. */
  shape: string;
  /** `<Code>` on the Query wire, `x-amzn-query-error` on the JSON wire, and `Code` of a failed batch entry. */
  queryCode: string;
  status: number;
  /** Errors of SQS's own model and those of the framework that it runs on have different namespaces on the JSON wire. */
  namespace: 'com.amazonaws.sqs' | 'com.amazon.coral.service';
  /** `Receiver`: the fault is the server's. */
  fault: 'Sender' | 'Receiver';
}

function modelled(shape: string, queryCode: string = shape, status = 400): ErrorRow {
  return { shape, queryCode, status, namespace: 'com.amazonaws.sqs', fault: 'Sender' };
}

function framework(shape: string, queryCode: string, status = 400): ErrorRow {
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  return { shape, queryCode, status, namespace: 'com.amazon.coral.service', fault };
}

export const errorTable = {
  BatchEntryIdsNotDistinct: modelled('BatchEntryIdsNotDistinct', 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct'),
  BatchRequestTooLong: modelled('BatchRequestTooLong', 'AWS.SimpleQueueService.BatchRequestTooLong'),
  EmptyBatchRequest: modelled('EmptyBatchRequest', 'AWS.SimpleQueueService.EmptyBatchRequest'),
  InvalidAddress: modelled('InvalidAddress', 'InvalidAddress', 404),
  InvalidAttributeName: modelled('InvalidAttributeName'),
  InvalidAttributeValue: modelled('InvalidAttributeValue'),
  InvalidBatchEntryId: modelled('InvalidBatchEntryId', 'AWS.SimpleQueueService.InvalidBatchEntryId'),
  InvalidIdFormat: modelled('InvalidIdFormat'),
  InvalidMessageContents: modelled('InvalidMessageContents'),
  InvalidSecurity: modelled('InvalidSecurity', 'InvalidSecurity', 403),
  KmsAccessDenied: modelled('KmsAccessDenied', 'KMS.AccessDeniedException'),
  KmsDisabled: modelled('KmsDisabled', 'KMS.DisabledException'),
  KmsInvalidKeyUsage: modelled('KmsInvalidKeyUsage', 'KMS.InvalidKeyUsageException'),
  KmsInvalidState: modelled('KmsInvalidState', 'KMS.InvalidStateException'),
  KmsNotFound: modelled('KmsNotFound', 'KMS.NotFoundException'),
  KmsOptInRequired: modelled('KmsOptInRequired', 'KMS.OptInRequired', 403),
  KmsThrottled: modelled('KmsThrottled', 'KMS.ThrottlingException'),
  MessageNotInflight: modelled('MessageNotInflight', 'AWS.SimpleQueueService.MessageNotInflight'),
  OverLimit: modelled('OverLimit', 'OverLimit', 403),
  PurgeQueueInProgress: modelled('PurgeQueueInProgress', 'AWS.SimpleQueueService.PurgeQueueInProgress', 403),
  QueueDeletedRecently: modelled('QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently'),
  QueueDoesNotExist: modelled('QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
  QueueNameExists: modelled('QueueNameExists', 'QueueAlreadyExists'),
  ReceiptHandleIsInvalid: modelled('ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid', 404),
  RequestThrottled: modelled('RequestThrottled', 'RequestThrottled', 403),
  ResourceNotFoundException: modelled('ResourceNotFoundException', 'ResourceNotFoundException', 404),
  TooManyEntriesInBatchRequest: modelled(
    'TooManyEntriesInBatchRequest',
    'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  ),
  UnsupportedOperation: modelled('UnsupportedOperation', 'AWS.SimpleQueueService.UnsupportedOperation'),

  AccessDenied: framework('AccessDeniedException', 'AccessDenied', 403),
  ExpiredToken: framework('ExpiredTokenException', 'ExpiredToken', 403),
  IncompleteSignature: framework('IncompleteSignatureException', 'IncompleteSignature'),
  InternalFailure: framework('InternalFailure', 'InternalFailure', 500),
  InvalidAction: framework('UnknownOperationException', 'InvalidAction'),
  InvalidClientTokenId: framework('UnrecognizedClientException', 'InvalidClientTokenId', 403),
  InvalidParameterValue: framework('InvalidParameterValueException', 'InvalidParameterValue'),
  MalformedInput: framework('SerializationException', 'MalformedInput'),
  MissingParameter: framework('MissingRequiredParameterException', 'MissingParameter'),
  RequestEntityTooLarge: framework('RequestEntityTooLargeException', 'RequestEntityTooLarge', 413),
  RequestTimeout: framework('RequestTimeoutException', 'RequestTimeout', 408),
  ServiceUnavailable: framework('ServiceUnavailableException', 'ServiceUnavailable', 503),
  SignatureDoesNotMatch: framework('InvalidSignatureException', 'SignatureDoesNotMatch', 403),
  ThrottlingException: framework('ThrottlingException', 'ThrottlingException'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** A refusal that SQS itself would give. Thrown for a whole request, handed back as a value for one entry of a batch. */
export class SqsError extends Error {
  override readonly name = 'SqsError';
  readonly code: ErrorCode;
  /** Where the Query wire words the same refusal differently. */
  readonly queryMessage: string;

  constructor(code: ErrorCode, message: string, queryMessage: string = message) {
    super(message);
    this.code = code;
    this.queryMessage = queryMessage;
  }

  get row(): ErrorRow {
    return errorTable[this.code];
  }
}

/** `InvalidParameterValue`, the code of most value checks, with its text as given. */
export function invalidParameter(message: string): SqsError {
  return new SqsError('InvalidParameterValue', message);
}

/** `InvalidParameterValue` in SQS's usual wording. */
export function invalidValue(value: string | number, parameter: string, reason: string): SqsError {
  return invalidParameter(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`);
}

/** `MissingParameter` for a required member; `parameter` is its name on the wire. */
export function missingParameter(parameter: string): SqsError {
  return new SqsError('MissingParameter', `The request must contain the parameter ${parameter}.`);
}

/** `QueueDoesNotExist`; the Query wire still speaks of the WSDL. */
export function queueDoesNotExist(): SqsError {
  return new SqsError(
    'QueueDoesNotExist',
    'The specified queue does not exist.',
    'The specified queue does not exist for this wsdl version.',
  );
}

/** `QueueDoesNotExist`, as it is said to another account, which is not to learn which of the two is true. */
export function noAccessToQueue(): SqsError {
  return new SqsError('QueueDoesNotExist', 'The specified queue does not exist or you do not have access to it.');
}

/**
 * Does together what passed its checks, and puts each result where its item stood; a refused item keeps its refusal.
 * `act` is handed what passed, in order, and hands back as many results.
 */
export async function actOnAccepted<T, R>(
  checked: readonly (T | SqsError)[],
  act: (accepted: T[]) => Promise<R[]>,
): Promise<(R | SqsError)[]> {
  const results = await act(checked.filter((one): one is T => !(one instanceof SqsError)));
  let next = 0;
  return checked.map((one) => (one instanceof SqsError ? one : results[next++]!));
}

/** What `check` gives, or the refusal that it throws, as a value. */
export function refusalOr<T>(check: () => T): T | SqsError {
  try {
    return check();
  } catch (error) {
    if (error instanceof SqsError) return error;
    throw error;
  }
}
