/** Whom the journal names as the receiver of a message, if signatures are checked. */

import { expect, it } from 'vitest';
import { overBothWires, type Sign } from '../../helpers.ts';
import { checked, OWNER, STRANGER, signedBy } from './signing.ts';

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
