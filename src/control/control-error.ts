/** A request to the control interface that can't be carried out; the message says why, and what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  /** 400: it makes no sense. 404: what it is about is not there. 409: not as things are. */
  readonly status: 400 | 404 | 409;

  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}
