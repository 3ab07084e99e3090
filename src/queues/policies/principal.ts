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
  /**
   * The ARN of a role, or of the role of a session, whose own ARN does not contain the path of the role; undefined for other
   * principals.
   */
  roleArn: string | undefined;
  /** The name of a user; undefined for other principals. */
  userName: string | undefined;
  isRoot: boolean;
}

/** Parses a principal: an ARN such as `arn:aws:iam::111122223333:user/alice`, or the name of a service. */
export function principalOf(name: string): Principal {
  const [, partition, account, kind] = /^arn:([^:]+):(?:iam|sts)::(\d{12}):(.+)$/.exec(name) ?? [];
  const [type, ...path] = kind?.split('/') ?? [];
  const sessionRole = type === 'assumed-role' ? path[0] : undefined;
  return {
    arn: name,
    account,
    service: kind === undefined ? name : undefined,
    roleArn: type === 'role' ? name : sessionRole && `arn:${partition}:iam::${account}:role/${sessionRole}`,
    userName: type === 'user' ? path.at(-1) : undefined,
    isRoot: kind === 'root',
  };
}

/**
 * Returns whether this is the name of a principal of that kind, in the form in which the principal element of a policy
 * contains it. "You cannot use a wildcard to match part of a principal name or ARN."
 */
export function isPrincipalName(kind: string, name: string): boolean {
  switch (kind) {
    case 'AWS':
      return /^(\*|\d{12}|arn:[^:*?]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/[^\s*?]+))$/.test(
        name,
      );
    case 'Service':
      return /^[\w.-]+$/.test(name);
    case 'Federated':
    case 'CanonicalUser':
      return name !== '';
    default:
      return false;
  }
}

/** Returns whether a member of a principal element includes the caller, who is undefined for an unsigned request. */
export function includes(kind: string, name: string, principal: Principal | undefined): boolean {
  if (kind === 'AWS' && name === '*') return true;
  if (!principal) return false;
  if (kind === 'Service') return principal.service === name;
  if (kind !== 'AWS' || principal.service !== undefined) return false;
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (account !== undefined) return principal.account === account;
  const { arn, roleArn } = principal;
  return arn === name || (roleArn !== undefined && withoutPath(roleArn) === withoutPath(name));
}

/** Removes the path from a role's ARN, since the ARN of a role's session does not contain it. */
function withoutPath(arn: string): string {
  return arn.replace(/^(arn:[^:]+:iam::\d{12}:role\/).*\//, '$1');
}
