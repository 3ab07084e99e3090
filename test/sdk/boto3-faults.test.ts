/** How boto3 responds to injected faults. The tests are in boto3_faults.py. */

import { describeScript } from './boto3-script.ts';

describeScript('fault injection', 'boto3_faults.py', {
  // A fault rule applies on the node on which it was set.
  perNode: [
    'throttling is retried without an error for the program',
    'permanent throttling raises an error with its code',
    'a request that is lost is repeated, and the message is in the queue once',
    'a request whose response is lost is repeated, and the message is in the queue twice',
    'a connection that is lost every time raises a connection error',
    'failed and successful batch entries are reported separately',
    'a message that is delivered twice has the same ID both times',
  ],
});
