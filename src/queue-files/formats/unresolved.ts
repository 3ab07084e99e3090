/** Values that a file does not determine, such as an export of another stack or a parameter without a value. */

export class Unresolved extends Error {
  override readonly name = 'Unresolved';
  /** The name of the parameter whose value is missing, if that is the reason. */
  readonly parameter: string | undefined;

  /** `reason` completes "… is ignored:". */
  constructor(reason: string, parameter?: string) {
    super(parameter === undefined ? reason : `${reason}: give it with --parameter ${parameter}=VALUE`);
    this.parameter = parameter;
  }
}
