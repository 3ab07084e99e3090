/** Who calls, as far as it was proved. */

import type { Principal } from '../../queues/policies/principal.ts';
import type { Caller } from '../names.ts';

export interface Identity {
  caller: Caller;
  /** Undefined when nobody signed the request. */
  principal: Principal | undefined;
  /** Brought a session token. */
  temporary: boolean;
}
