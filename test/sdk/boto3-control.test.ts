/** The control interface over HTTP, from a test in Python. The tests are in boto3_control.py. */

import { describeScript } from './boto3-script.ts';

describeScript('the control interface', 'boto3_control.py', {
  // Histories and the event stream have the events of the node that answers.
  perNode: ['returns the history of a deleted message, with its receiver', 'streams events as server-sent events'],
});
