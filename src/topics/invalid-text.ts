/** A text that a client wrote for an attribute, such as a filter policy, is invalid. */

/** Its message is AWS's whole message, which begins with the prefix of the operation. */
export class InvalidText extends Error {
  override readonly name = 'InvalidText';
}
