/** What differs between services on the Query wire. */

export interface QueryDialect {
  /** The `Version` of its requests. */
  readonly version: string;
  /** The XML namespace of its responses. */
  readonly namespace: string;
  /** Whether its errors have an empty element `Detail`. */
  readonly hasDetail: boolean;
  /** What its error codes lack, of the codes in the table of errors. */
  readonly codesWithout?: string;
}
