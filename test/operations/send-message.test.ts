import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';

overBothWires('SendMessage', (fixture) => {
  it('hands out what was sent', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    const sent = await call('SendMessage', { QueueUrl, MessageBody: 'message' });
    expect(sent.MD5OfMessageBody).toBe('78e731027d8fd50ed642340b7c9a63b3');
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    expect(Messages).toMatchObject([{ MessageId: sent.MessageId, Body: 'message', MD5OfBody: sent.MD5OfMessageBody }]);
  });
});
