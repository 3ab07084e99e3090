/** SNS: the table of its operations, and its names on the Query wire, the only one that it has. */

import { operationTable, type Service } from '../service.ts';

export const sns: Service = {
  name: 'sns',
  query: {
    version: '2010-03-31',
    namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    hasDetail: false,
    codesWithout: 'AWS.SimpleQueueService.',
  },
  operations: operationTable([]),
};
