/** The part of sns-validator that the tests use; the package has no types. */

declare module 'sns-validator' {
  class MessageValidator {
    constructor(hostPattern?: RegExp);
    validate(message: object, callback: (error: Error | null, message?: object) => void): void;
  }
  export = MessageValidator;
}
