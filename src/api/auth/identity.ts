/** The authenticated identity of a caller. */

import type { Principal } from '../../queues/policies/principal.ts';
import type { Caller } from '../names.ts';

export interface Identity {
  caller: Caller;
  /** Undefined if the request is unsigned. */
  principal: Principal | undefined;
  /** That of the signature: a request can name others, too. Undefined if it is unsigned. */
  accessKeyId: string | undefined;
  /** Whether the credentials are temporary, that is, have a session token. */
  temporary: boolean;
}
