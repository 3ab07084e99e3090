/** A request is carried out in the region that it was signed for, whatever its queue URL says. */

import { expect, it } from 'vitest';
import { overBothWires, temporaryFolder } from '../../helpers.ts';
import { callers, everything } from './callers.ts';
import { checked, OWNER, signedBy } from './signing.ts';

const elsewhere = [
  'http://sqs.eu-west-2.localhost.localstack.cloud:4566/111122223333/q',
  'http://SQS.EU-WEST-2.localhost:4566/111122223333/q',
  'http://eu-west-2.queue.localhost.localstack.cloud:4566/111122223333/q',
  'http://localhost:4566/queue/eu-west-2/111122223333/q',
];

overBothWires('a signed request', (fixture) => {
  it.each(elsewhere)('is refused if its queue URL is of another region: %s', async (QueueUrl) => {
    const { call } = await fixture(checked);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'q' }, { sign });
    const refusal = { status: 404, code: 'InvalidAddress' };
    const message = `The address ${QueueUrl} is not valid for this endpoint.`;
    for (const [operation, input] of [
      ['SendMessage', { MessageBody: 'm' }],
      ['DeleteQueue', {}],
    ] as const) {
      await expect(call(operation, { QueueUrl, ...input }, { sign })).rejects.toMatchObject({ ...refusal, message });
    }
    const local = QueueUrl.replace(/eu-west-2/i, 'us-east-1');
    await call('SendMessage', { QueueUrl: local, MessageBody: 'm' }, { sign });
  });

  it('is refused if its path names another region', async () => {
    const { call } = await fixture(checked);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'q' }, { sign });
    const send = (region: string) =>
      call('SendMessage', { MessageBody: 'm' }, { sign, path: `/queue/${region}/111122223333/q` });
    await expect(send('eu-west-2')).rejects.toMatchObject({ status: 404, code: 'InvalidAddress' });
    await send('us-east-1');
  });

  it('goes to its own region if its queue URL was copied from AWS', async () => {
    const { call } = await fixture(checked);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'q' }, { sign });
    const QueueUrl = 'https://sqs.eu-west-2.amazonaws.com/111122223333/q';
    await call('SendMessage', { QueueUrl, MessageBody: 'm' }, { sign });
  });
});

overBothWires('an unsigned request', (fixture) => {
  it.each(elsewhere)('goes to the region of its queue URL, which conditions can test: %s', async (QueueUrl) => {
    const data = temporaryFolder();
    const london = await callers(fixture, { data, region: 'eu-west-2' });
    const sign = signedBy(OWNER, { region: 'eu-west-2' });
    for (const [QueueName, region] of [
      ['q', 'eu-west-2'],
      ['closed', 'us-east-1'],
    ]) {
      const Condition = { StringEquals: { 'aws:RequestedRegion': region } };
      const Policy = JSON.stringify({ Statement: { ...everything, Resource: '*', Condition } });
      await london.call('CreateQueue', { QueueName, Attributes: { Policy } }, { sign });
    }
    await london.squab.stop();
    const { anonymous } = await callers(fixture, { data });
    await anonymous('SendMessage', { QueueUrl, MessageBody: 'm' });
    await expect(
      anonymous('SendMessage', { QueueUrl: QueueUrl.replace(/q$/, 'closed'), MessageBody: 'm' }),
    ).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
