/** Who calls, in the words of policies. Source: IAM User Guide, "AWS JSON policy elements: Principal". */

export interface Principal {
  /** Of a user, a role's session, or an account's root; of a service its name, such as `sns.amazonaws.com`. */
  arn: string;
  /** The account that it belongs to; services belong to none. */
  account: string | undefined;
  /** Set for services: its name. */
  service: string | undefined;
  /** Of a role's session: the role, without its path. */
  roleArn: string | undefined;
  /** Of a user. */
  userName: string | undefined;
  isRoot: boolean;
}

/** `name` is an ARN such as `arn:aws:iam::111122223333:user/alice`, or a service. */
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
