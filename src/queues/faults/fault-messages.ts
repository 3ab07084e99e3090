/**
 * AWS's message for each error code, for fault rules that do not set their own. The messages are those that Squab
 * itself uses, or else those of the API reference ("Errors" of the actions, and "Common errors").
 */

import type { ErrorCode } from '../../errors.ts';
import { BATCH_ENTRIES_MAX, COOLDOWN_SECONDS } from '../limits.ts';

export const faultMessages: Readonly<Record<ErrorCode, string>> = {
  BatchEntryIdsNotDistinct: 'Two or more batch entries in the request have the same Id.',
  BatchRequestTooLong: 'The length of all the messages put together is more than the limit.',
  EmptyBatchRequest: "The batch request doesn't contain any entries.",
  InvalidAddress: 'The specified ID is invalid.',
  InvalidAttributeName: "The specified attribute doesn't exist.",
  InvalidAttributeValue: 'A queue attribute value is invalid.',
  InvalidBatchEntryId: "The Id of a batch entry in a batch request doesn't abide by the specification.",
  InvalidIdFormat: "The specified receipt handle isn't valid for the current version.",
  InvalidMessageContents: 'The message contains characters outside the allowed set.',
  InvalidSecurity: 'All requests to this queue must use HTTPS and SigV4.',
  KmsAccessDenied:
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, ' +
    'or you are not allowed to access.',
  // Not a mistake: this is how the API reference describes KmsDisabled.
  KmsDisabled: 'The request was denied due to request throttling.',
  KmsInvalidKeyUsage:
    'The request was rejected for one of the following reasons: the KeyUsage value of the KMS key is incompatible with ' +
    'the API operation, or the encryption algorithm is incompatible with the type of key material in the KMS key.',
  KmsInvalidState:
    'The request was rejected because the state of the specified resource is not valid for this request.',
  KmsNotFound: 'The request was rejected because the specified entity or resource could not be found.',
  KmsOptInRequired:
    'The request was rejected because the specified key policy is not syntactically or semantically correct.',
  KmsThrottled: 'Amazon Web Services KMS throttles requests for the following conditions.',
  MessageNotInflight: "The specified message isn't in flight.",
  OverLimit: 'The specified action violates a limit.',
  PurgeQueueInProgress: `Only one PurgeQueue operation on each queue is allowed every ${COOLDOWN_SECONDS} seconds.`,
  QueueDeletedRecently: `You must wait ${COOLDOWN_SECONDS} seconds after deleting a queue before you can create another with the same name.`,
  QueueDoesNotExist: 'The specified queue does not exist.',
  QueueNameExists: 'A queue already exists with the same name and a different value for an attribute',
  ReceiptHandleIsInvalid: "The specified receipt handle isn't valid.",
  RequestThrottled: 'Request is throttled.',
  ResourceNotFoundException: "One or more specified resources don't exist.",
  TooManyEntriesInBatchRequest: `Maximum number of entries per request are ${BATCH_ENTRIES_MAX}.`,
  UnsupportedOperation: 'Unsupported operation.',

  AuthorizationError: 'User is not authorized to perform this action.',
  ConcurrentAccess: "Can't perform multiple operations on a tag simultaneously. Perform the operations sequentially.",
  EndpointDisabled: 'Endpoint is disabled.',
  FilterPolicyLimitExceeded: 'The number of filter policies in your AWS account exceeds the limit.',
  InternalError: 'An internal service error occurred.',
  InvalidParameter: 'Invalid parameter',
  InvalidState: 'The specified state is not a valid state for an event source.',
  KMSAccessDenied: "The ciphertext references a key that doesn't exist or that you don't have access to.",
  KMSDisabled: "The request was rejected because the specified AWS KMS key isn't enabled.",
  KMSInvalidState: "The request was rejected because the state of the specified resource isn't valid for this request.",
  KMSNotFound: "The request was rejected because the specified entity or resource can't be found.",
  KMSOptInRequired: 'The AWS access key ID needs a subscription for the service.',
  KMSThrottling: 'The request was denied due to request throttling.',
  NotFound: 'Topic does not exist',
  ParameterValueInvalid: 'A request parameter is not valid.',
  PlatformApplicationDisabled: 'Platform application is disabled.',
  ReplayLimitExceeded: 'The request parameter has exceeded the maximum number of concurrent message replays.',
  ResourceNotFound: 'Resource does not exist',
  StaleTag:
    'A tag has been added to a resource with the same ARN as a deleted resource. Wait a short while and then retry the operation.',
  SubscriptionLimitExceeded: 'The customer already owns the maximum allowed number of subscriptions.',
  TagLimitExceeded: 'Could not complete request: tag quota of per resource exceeded',
  TagPolicy: "The request doesn't comply with the IAM tag policy. Correct your request and then retry it.",
  Throttled: 'Rate exceeded',
  TopicLimitExceeded: 'The customer already owns the maximum allowed number of topics.',
  ValidationError: '1 validation error detected',

  AccessDenied: 'You do not have sufficient access to perform this action.',
  ExpiredToken: 'The security token included in the request is expired',
  IncompleteSignature: 'The request signature does not conform to AWS standards.',
  InternalFailure: 'The request processing has failed because of an unknown error, exception or failure.',
  InvalidAction: 'The action or operation requested is invalid.',
  InvalidClientTokenId: 'The security token included in the request is invalid.',
  InvalidRequest: 'The request is invalid.',
  InvalidRequestContentException: 'The request body could not be parsed as JSON.',
  InvalidParameterValue: 'An invalid or out-of-range value was supplied for the input parameter.',
  MalformedInput: 'The request could not be read.',
  MissingParameter: 'A required parameter for the specified action is not supplied.',
  RequestEntityTooLarge: 'The request is too large.',
  RequestTimeout: 'The request took too long to arrive.',
  ResourceConflictException: 'The resource already exists, or another operation is in progress.',
  ServiceException: 'The Lambda service encountered an internal error.',
  ServiceUnavailable: 'The request has failed due to a temporary failure of the server.',
  SignatureDoesNotMatch:
    'The request signature we calculated does not match the signature you provided. ' +
    'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  ThrottlingException: 'Rate exceeded',
  TooManyRequestsException: 'Rate Exceeded.',
  ValidationException: 'The input fails to satisfy the constraints specified by an AWS service.',
};
