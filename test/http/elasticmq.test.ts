/** ElasticMQ's statistics. */

import { expect, it } from 'vitest';
import { setup } from '../helpers.ts';

it('returns what each queue holds, as ElasticMQ does', async () => {
  const { squab, client } = await setup();
  const { call } = client('JSON');
  const statistics = async (path = '') => (await fetch(`${squab.url}/statistics/queues${path}`)).json();
  expect(await statistics()).toEqual([]);
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', Attributes: { VisibilityTimeout: '60' } });
  await call('CreateQueue', { QueueName: 'elsewhere' }, { region: 'eu-west-2' });
  for (const DelaySeconds of [0, 0, 60]) await call('SendMessage', { QueueUrl, MessageBody: 'b', DelaySeconds });
  await call('ReceiveMessage', { QueueUrl });
  expect(await statistics()).toEqual([
    {
      name: 'q',
      statistics: {
        approximateNumberOfVisibleMessages: 1,
        approximateNumberOfMessagesDelayed: 1,
        approximateNumberOfInvisibleMessages: 1,
      },
    },
  ]);
  expect(await statistics('/q')).toMatchObject({
    name: 'q',
    attributes: { VisibilityTimeout: '60', ApproximateNumberOfMessages: '1', QueueArn: expect.stringMatching(/:q$/) },
  });
  expect((await fetch(`${squab.url}/statistics/queues/none`)).status).toBe(404);
});

it('is off without the control interface', async () => {
  const { squab } = await setup({ control: false });
  expect((await fetch(`${squab.url}/statistics/queues`)).status).toBe(404);
});
