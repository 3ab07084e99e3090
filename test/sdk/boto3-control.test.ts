/** What a test in another language learns of its messages over HTTP. What is tried stands in boto3_control.py. */

import { describeScript } from './boto3-script.ts';

describeScript('messages, their histories and explanations', 'boto3_control.py');
