/** The caller of a request, as policies identify it. Source: IAM User Guide, "AWS JSON policy elements: Principal". */

export interface Principal {
  /**
   * The ARN of a user, of a role's session or of an account's root user; for a service, its name:
   * `sns.amazonaws.com`.
   */
  arn: string;
  /** The account of the principal; undefined for a service. */
  account: string | undefined;
  /** The name of a service; undefined for other principals. */
  service: string | undefined;
  /** The ARN of a role, or of the role of a session, without its path; undefined for other principals. */
  roleArn: string | undefined;
  /** The name of a user; undefined for other principals. */
  userName: string | undefined;
  isRoot: boolean;
}

/** Parses a principal: an ARN such as `arn:aws:iam::111122223333:user/alice`, or the name of a service. */
export function principalOf(name: string): Principal {
  const [, partition, account, kind] = /^arn:([^:]+):(?:iam|sts)::(\d{12}):(.+)$/.exec(name) ?? [];
  const [type, ...path] = kind?.split('/') ?? [];
  const role = type === 'assumed-role' ? path[0] : type === 'role' ? path.at(-1) : undefined;
  return {
    arn: name,
    account,
    service: kind === undefined ? name : undefined,
    roleArn: role && `arn:${partition}:iam::${account}:role/${role}`,
    userName: type === 'user' ? path.at(-1) : undefined,
    isRoot: kind === 'root',
  };
}
