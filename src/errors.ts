/**
 * Every error that SQS and SNS can return, in one table that the wires and batch entries use. It contains all errors of
 * AWS's models and of the framework underneath, including those that Squab never raises itself (the errors of KMS).
 * Source: API reference, "Errors" of each action and "Common errors"; statuses as observed on the services.
 */

interface ErrorRow {
  /** `__type` on the JSON wire, without its namespace. */
  shape: string;
  /** `<Code>` on the Query wire, `x-amzn-query-error` on the JSON wire, and the `Code` of a failed batch entry. */
  queryCode: string;
  /** The HTTP status. */
  status: number;
  /** Namespace of `__type` on the JSON wire: the model of SQS or SNS, or the framework that both run on. */
  namespace: 'com.amazonaws.sqs' | 'com.amazonaws.sns' | 'com.amazon.coral.service';
  /** Who is at fault: the client (`Sender`) or the server (`Receiver`). */
  fault: 'Sender' | 'Receiver';
}

function modelled(shape: string, queryCode: string = shape, status = 400): ErrorRow {
  return { shape, queryCode, status, namespace: 'com.amazonaws.sqs', fault: 'Sender' };
}

function framework(shape: string, queryCode: string, status = 400): ErrorRow {
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  return { shape, queryCode, status, namespace: 'com.amazon.coral.service', fault };
}

function ofSns(queryCode: string, status = 400): ErrorRow {
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  return { shape: queryCode, queryCode, status, namespace: 'com.amazonaws.sns', fault };
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

  // SNS has the errors of batches, too, without SQS's prefix (see its dialect on the Query wire).
  AuthorizationError: ofSns('AuthorizationError', 403),
  ConcurrentAccess: ofSns('ConcurrentAccess'),
  EndpointDisabled: ofSns('EndpointDisabled'),
  FilterPolicyLimitExceeded: ofSns('FilterPolicyLimitExceeded', 403),
  InternalError: ofSns('InternalError', 500),
  InvalidParameter: ofSns('InvalidParameter'),
  InvalidState: ofSns('InvalidState'),
  KMSAccessDenied: ofSns('KMSAccessDenied'),
  KMSDisabled: ofSns('KMSDisabled'),
  KMSInvalidState: ofSns('KMSInvalidState'),
  KMSNotFound: ofSns('KMSNotFound'),
  KMSOptInRequired: ofSns('KMSOptInRequired', 403),
  KMSThrottling: ofSns('KMSThrottling'),
  NotFound: ofSns('NotFound', 404),
  ParameterValueInvalid: ofSns('ParameterValueInvalid'),
  PlatformApplicationDisabled: ofSns('PlatformApplicationDisabled'),
  ReplayLimitExceeded: ofSns('ReplayLimitExceeded', 403),
  ResourceNotFound: ofSns('ResourceNotFound', 404),
  StaleTag: ofSns('StaleTag'),
  SubscriptionLimitExceeded: ofSns('SubscriptionLimitExceeded', 403),
  TagLimitExceeded: ofSns('TagLimitExceeded'),
  TagPolicy: ofSns('TagPolicy'),
  Throttled: ofSns('Throttled', 429),
  TopicLimitExceeded: ofSns('TopicLimitExceeded', 403),
  ValidationError: ofSns('ValidationError'),

  AccessDenied: framework('AccessDeniedException', 'AccessDenied', 403),
  ExpiredToken: framework('ExpiredTokenException', 'ExpiredToken', 403),
  IncompleteSignature: framework('IncompleteSignatureException', 'IncompleteSignature'),
  InternalFailure: framework('InternalFailure', 'InternalFailure', 500),
  InvalidAction: framework('UnknownOperationException', 'InvalidAction'),
  InvalidClientTokenId: framework('UnrecognizedClientException', 'InvalidClientTokenId', 403),
  InvalidRequestContentException: framework('InvalidRequestContentException', 'InvalidRequestContentException'),
  InvalidRequest: framework('InvalidRequestException', 'InvalidRequest'),
  InvalidParameterValue: framework('InvalidParameterValueException', 'InvalidParameterValue'),
  MalformedInput: framework('SerializationException', 'MalformedInput'),
  MissingParameter: framework('MissingRequiredParameterException', 'MissingParameter'),
  RequestEntityTooLarge: framework('RequestEntityTooLargeException', 'RequestEntityTooLarge', 413),
  RequestTimeout: framework('RequestTimeoutException', 'RequestTimeout', 408),
  ResourceConflictException: framework('ResourceConflictException', 'ResourceConflictException', 409),
  ServiceException: framework('ServiceException', 'ServiceException', 500),
  ServiceUnavailable: framework('ServiceUnavailableException', 'ServiceUnavailable', 503),
  SignatureDoesNotMatch: framework('InvalidSignatureException', 'SignatureDoesNotMatch', 403),
  ThrottlingException: framework('ThrottlingException', 'ThrottlingException'),
  TooManyRequestsException: framework('TooManyRequestsException', 'TooManyRequestsException', 429),
  ValidationException: framework('ValidationException', 'ValidationException'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/**
 * Errors quote the values of a request, which can have millions of characters. The longest value that SQS accepts, a
 * policy, fits.
 */
const MESSAGE_CHARACTERS_MAX = 10_000;

/** An error that SQS or SNS itself would return. Thrown for a whole request, returned as a value for a single batch entry. */
export class SqsError extends Error {
  override readonly name = 'SqsError';
  readonly code: ErrorCode;
  /** The message on the Query wire, which words a few errors differently. */
  readonly queryMessage: string;

  constructor(code: ErrorCode, message: string, queryMessage: string = message) {
    super(cut(message));
    this.code = code;
    this.queryMessage = cut(queryMessage);
  }

  get row(): ErrorRow {
    return errorTable[this.code];
  }
}

function cut(message: string): string {
  return message.length > MESSAGE_CHARACTERS_MAX ? `${message.slice(0, MESSAGE_CHARACTERS_MAX)}…` : message;
}

/** Returns `InvalidParameterValue`, the code of most value checks, with this message. */
export function invalidParameter(message: string): SqsError {
  return new SqsError('InvalidParameterValue', message);
}

/** Returns `InvalidParameterValue` in SQS's usual wording. */
export function invalidValue(value: string | number, parameter: string, reason: string): SqsError {
  return invalidParameter(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`);
}

/** Returns `MissingParameter` for a required member; `parameter` is its name on the wire. */
export function missingParameter(parameter: string): SqsError {
  return new SqsError('MissingParameter', `The request must contain the parameter ${parameter}.`);
}

/** Returns `QueueDoesNotExist`; its message on the Query wire still mentions the WSDL. */
export function queueDoesNotExist(): SqsError {
  return new SqsError(
    'QueueDoesNotExist',
    'The specified queue does not exist.',
    'The specified queue does not exist for this wsdl version.',
  );
}

/** Returns `QueueDoesNotExist` as another account sees it: the message does not reveal whether the queue exists. */
export function noAccessToQueue(): SqsError {
  return new SqsError('QueueDoesNotExist', 'The specified queue does not exist or you do not have access to it.');
}

/**
 * Calls `act` once with all items that passed their checks, in order, and returns its results at the positions of these
 * items. The other items keep their errors. `act` must return one result for each item.
 */
export async function actOnAccepted<T, R>(
  checked: readonly (T | SqsError)[],
  act: (accepted: T[]) => Promise<R[]>,
): Promise<(R | SqsError)[]> {
  const results = await act(checked.filter((one): one is T => !(one instanceof SqsError)));
  let next = 0;
  return checked.map((one) => (one instanceof SqsError ? one : results[next++]!));
}

/** Returns the result of `check`, or the `SqsError` that it throws; any other error propagates. */
export function refusalOr<T>(check: () => T): T | SqsError {
  try {
    return check();
  } catch (error) {
    if (error instanceof SqsError) return error;
    throw error;
  }
}
