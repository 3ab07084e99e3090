/** 400: it makes no sense. 404: what it is about is not there. 408: it did not come in time. 409: not as things are. */
type ControlStatus = 400 | 404 | 408 | 409;

/** A request to the control interface that can't be carried out; the message says why, and what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: ControlStatus;

  constructor(status: ControlStatus, message: string) {
    super(message);
    this.status = status;
  }
}
