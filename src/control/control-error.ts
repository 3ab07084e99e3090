/**
 * 400: invalid request. 404: something that the request names does not exist. 408: a wait timed out. 409: not
 * possible in the current state.
 */
type ControlStatus = 400 | 404 | 408 | 409;

/** A request that the control interface cannot carry out. The message says why, and what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: ControlStatus;

  constructor(status: ControlStatus, message: string) {
    super(message);
    this.status = status;
  }
}
