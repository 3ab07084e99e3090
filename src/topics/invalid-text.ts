/** The error for an attribute that is a text with rules of its own, such as a filter policy. */

/** The text is invalid. The error's message is the whole message of AWS, which begins with the operation's prefix. */
export class InvalidText extends Error {
  override readonly name = 'InvalidText';
}
