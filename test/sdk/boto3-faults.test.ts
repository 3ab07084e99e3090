/** How boto3 responds to injected faults. The tests are in boto3_faults.py. */

import { describeScript } from './boto3-script.ts';

describeScript('fault injection', 'boto3_faults.py');
