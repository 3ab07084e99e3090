/** Unmodified boto3 with topics. The tests are in boto3_fan_out.py. */

import { describeScript, withFunction } from '../boto3-script.ts';

describeScript('fan-out', 'topics/boto3_fan_out.py', withFunction);
