/** How boto3 takes faults that are ordered, from a process of its own. What is tried stands in boto3_faults.py. */

import { describeScript } from './boto3-script.ts';

describeScript('faults', 'boto3_faults.py');
