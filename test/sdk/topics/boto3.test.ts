/** Topics, from Python. The tests are in boto3_topics.py. */

import { describeScript } from '../boto3-script.ts';

describeScript('topics', 'topics/boto3_topics.py');
