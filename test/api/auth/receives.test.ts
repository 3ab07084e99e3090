/** Receives, if signatures are checked: whom the journal names as the receiver, and how long they wait. */

import { expect, it } from 'vitest';
import { overBothWires, type Sign } from '../../helpers.ts';
import { checked, OWNER, STRANGER, signedBy, TEMPORARY } from './signing.ts';

/** Signs as the stranger, and names the owner's access key as well. */
const asStranger = signedBy(STRANGER);
const namingTheOwner: Sign = async (request) => {
  const { authorization, ...headers } = await asStranger(request);
  const other = `Credential=${OWNER.accessKeyId}/20260101/us-east-1/sqs/aws4_request`;
  return { ...headers, authorization: authorization!.replace('Credential=', `${other}, Credential=`) };
};

overBothWires('the receiver of a message', (fixture) => {
  it('is the one that signed the request, whatever other access keys the request names', async () => {
    const { call, squab } = await fixture(checked);
    const sign = signedBy(OWNER);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { sign });
    await call('SendMessage', { QueueUrl, MessageBody: 'm' }, { sign });
    await call('ReceiveMessage', { QueueUrl }, { sign: namingTheOwner });
    const { messages } = await squab.control.messages.peek(QueueUrl);
    expect(messages).toMatchObject([{ receiver: expect.stringMatching(`^${STRANGER.accessKeyId} with `) }]);
  });
});

overBothWires('a receive that waits', (fixture) => {
  it('ends 20 seconds after its temporary credentials have expired, at the latest', async () => {
    const expiration = new Date(Date.UTC(2026, 0, 1, 0, 0, 1));
    const { call, clock, squab } = await fixture({ ...checked, credentials: [OWNER, { ...TEMPORARY, expiration }] });
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER) });
    const headers = { 'x-localstack-sqs-override-wait-time-seconds': '3600' };
    const poll = call('ReceiveMessage', { QueueUrl }, { headers, sign: signedBy(TEMPORARY) });
    await expect.poll(async () => (await squab.control.queues.get(QueueUrl)).waitingReceives).toBe(1);
    await clock.advance(21_000);
    await call('SendMessage', { QueueUrl, MessageBody: 'm' }, { sign: signedBy(OWNER) });
    expect(await poll).toEqual({});
  });
});
