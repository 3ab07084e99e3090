/** Unmodified boto3 with topics. The tests are in boto3_topics.py. */

import { describeScript, withFunction } from '../boto3-script.ts';

describeScript('topics', 'topics/boto3_topics.py', { prepare: withFunction });
