/** The console of a Squab that checks signatures, and of one that also enforces policies. */

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { enforced } from '../api/auth/callers.ts';
import { OWNER, STRANGER, signedBy } from '../api/auth/signing.ts';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';

const PLACE = '/us-east-1/111122223333';

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Enters an access key, as a user does. */
async function enter(page: Page, { accessKeyId, secretAccessKey, sessionToken = '' }: Key): Promise<void> {
  await page.getByRole('button', { name: /Enter access key|^AKID/ }).click();
  const form = page.getByRole('dialog', { name: 'Access key' });
  await form.getByLabel('Access key ID').fill(accessKeyId);
  await form.getByLabel('Secret access key').fill(secretAccessKey);
  await form.getByLabel('Session token').fill(sessionToken);
  await form.getByRole('button', { name: 'Use' }).click();
  await form.waitFor({ state: 'detached' });
}

/** Fills in the form that creates a queue, and submits it. */
async function create(page: Page, name: string) {
  await page.getByRole('button', { name: 'Create queue' }).first().click();
  const form = page.getByRole('dialog', { name: 'Create a queue' });
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByRole('button', { name: 'Create queue' }).click();
  return form;
}

inChromium('with --auth', () => {
  it('sigv4, the page signs its requests with the key that the user enters', async () => {
    const { squab, page, open, allowErrors } = await openConsole({ options: { auth: 'sigv4', credentials: [OWNER] } });
    allowErrors(/403/);
    await open();
    let form = await create(page, 'orders');
    await form.getByText('Enter an access key at the top of the page first.').waitFor();
    await page.keyboard.press('Escape');
    for (const [key, refusal] of [
      [{ ...OWNER, secretAccessKey: 'wrong' }, 'The request signature we calculated does not match'],
      [{ ...OWNER, accessKeyId: 'AKIDUNKNOWN' }, 'The security token included in the request is invalid'],
      [{ ...OWNER, sessionToken: 'none' }, 'The security token included in the request is invalid'],
    ] as const) {
      await enter(page, key);
      form = await create(page, 'orders');
      await form.getByText(refusal).waitFor();
      await page.keyboard.press('Escape');
    }
    await enter(page, OWNER);
    await create(page, 'orders');
    await page.getByRole('heading', { name: 'orders', level: 1, exact: true }).waitFor();
    expect((await squab.control.queues.list()).queues).toMatchObject([{ name: 'orders', account: '111122223333' }]);
    await page.reload();
    await page.getByRole('button', { name: 'Enter access key' }).waitFor();
  });

  it.each(looks)('sigv4, everything that the page asks of SQS is signed, $look', async (look) => {
    const { page, open, call, allowErrors } = await openConsole({
      look,
      options: { auth: 'sigv4', credentials: [OWNER] },
    });
    // The page may ask for the queue once more after it was deleted.
    allowErrors(/404/);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'orders-dlq' }, { sign });
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:111122223333:orders-dlq';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
    await call('CreateQueue', { QueueName: 'orders', Attributes: { RedrivePolicy } }, { sign });
    await open(`/send${PLACE}/orders`);
    await enter(page, OWNER);
    await expectAccessible(page);
    const screens = page.getByRole('navigation', { name: 'Screens' });
    // Characters beyond ASCII are signed, too.
    await page.getByLabel('Body').fill('Größe 42 😀');
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByRole('region', { name: 'Response' }).getByText('Message ID').waitFor();
    await screens.getByRole('link', { name: 'Queues' }).click();
    await page
      .getByRole('link', { name: /^orders( |$)/ })
      .first()
      .click();
    await page.getByRole('link', { name: 'Größe 42' }).click();
    await page.getByRole('button', { name: 'Move to dead-letter queue' }).click();
    await page.getByText('Moved the message to orders-dlq.').waitFor();
    await page.getByRole('link', { name: 'Attributes and tags' }).click();
    await page.getByRole('button', { name: 'Edit attributes and tags' }).click();
    await page.getByLabel('Visibility timeout').fill('44');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.getByLabel('Key of tag 1').fill('team');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Changed orders.').waitFor();
    await page
      .getByRole('link', { name: /^orders-dlq/ })
      .first()
      .click();
    await page.getByRole('link', { name: 'Redrive', exact: true }).click();
    await page.getByRole('button', { name: 'Start redrive' }).click();
    await page.getByText('completed').waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: /^Delete queue and/ }).click();
    await page.getByText('Deleted orders-dlq.').waitFor();
    const QueueUrl = `http://localhost${PLACE.replace('/us-east-1', '')}/orders`;
    expect(await call('ListQueueTags', { QueueUrl }, { sign })).toEqual({ Tags: { team: '' } });
    const { Messages } = await call('ReceiveMessage', { QueueUrl }, { sign });
    expect(Messages).toMatchObject([{ Body: 'Größe 42 😀' }]);
  });

  it('sigv4, everything that the page asks of SNS is signed', async () => {
    const { squab, page, open, call, allowErrors } = await openConsole({
      options: { auth: 'sigv4', credentials: [OWNER] },
    });
    // The page has no key at first, and may ask for the topic once more after it was deleted.
    allowErrors(/40[34]/);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'orders' }, { sign });
    const requests: { service: string | undefined; status: Promise<number | undefined> }[] = [];
    page.on('request', (request) => {
      const body = request.postData() ?? '';
      if (!body.startsWith('Action=')) return;
      const [, service] =
        /\/([a-z]+)\/aws4_request, .*Signature=[0-9a-f]{64}$/.exec(request.headers().authorization ?? '') ?? [];
      requests.push({ service, status: request.response().then((response) => response?.status()) });
    });
    const createTopic = async () => {
      await page.getByRole('button', { name: 'Create topic' }).first().click();
      const form = page.getByRole('dialog', { name: 'Create a topic' });
      await form.getByLabel('Name').fill('events');
      await form.getByRole('button', { name: 'Create topic' }).click();
      return form;
    };
    await open('/topics');
    await (await createTopic()).getByText('Enter an access key at the top of the page first.').waitFor();
    await page.keyboard.press('Escape');
    expect(requests).toEqual([]);
    await enter(page, { ...OWNER, secretAccessKey: 'wrong' });
    await (await createTopic()).getByText('The request signature we calculated does not match').waitFor();
    await page.keyboard.press('Escape');
    await enter(page, OWNER);
    await createTopic();
    await page.getByRole('heading', { name: 'events', level: 1, exact: true }).waitFor();
    await page.getByRole('button', { name: 'Create subscription' }).click();
    const form = page.getByRole('dialog', { name: 'Subscribe to events' });
    await form.getByLabel('Queue', { exact: true }).fill('orders');
    await form.getByLabel('Filter policy', { exact: true }).fill('{"size": ["ß 42 + 1*~"]}');
    await form.getByRole('button', { name: 'Subscribe' }).click();
    await page
      .getByRole('button', { name: /^Unsubscribe/ })
      .filter({ visible: true })
      .waitFor();

    await page.getByRole('link', { name: 'Publish' }).click();
    await page.getByLabel('Message', { exact: true }).fill('Größe 42 + 1*~ 😀');
    await page.getByRole('button', { name: 'Add attribute' }).click();
    await page.getByLabel('Name of attribute 1').fill('size');
    await page.getByLabel('Value of attribute 1').fill('ß 42 + 1*~');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('Published as').waitFor();
    const [message] = (await squab.control.messages.peek('arn:aws:sqs:us-east-1:111122223333:orders')).messages;
    expect(JSON.parse(message!.body)).toMatchObject({ Message: 'Größe 42 + 1*~ 😀' });

    await page.getByRole('link', { name: 'Subscriptions' }).click();
    await page
      .getByRole('button', { name: /^Unsubscribe/ })
      .filter({ visible: true })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unsubscribe' }).click();
    await page.getByRole('heading', { name: 'No subscriptions yet' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete topic' }).click();
    await page.getByRole('heading', { name: 'There are no topics yet' }).waitFor();
    expect(requests.map(({ service }) => service)).toEqual(Array(6).fill('sns'));
    expect(await Promise.all(requests.map(({ status }) => status))).toEqual([403, 200, 200, 200, 200, 200]);
  });

  it('sigv4, temporary credentials need their session token, and expire', async () => {
    const sessionToken = 'a/session+token==';
    const credentials = [{ ...OWNER, sessionToken, expiration: new Date(Date.UTC(2100, 0, 1)) }];
    const { clock, page, open, allowErrors } = await openConsole({ options: { auth: 'sigv4', credentials } });
    allowErrors(/403/);
    await open();
    await enter(page, OWNER);
    const form = await create(page, 'orders');
    await form.getByText('The security token included in the request is invalid').waitFor();
    await page.keyboard.press('Escape');
    await enter(page, { ...OWNER, sessionToken });
    await create(page, 'orders');
    await page.getByRole('heading', { name: 'orders', level: 1, exact: true }).waitFor();
    clock.set(Date.UTC(2100, 0, 2));
    await open();
    await enter(page, { ...OWNER, sessionToken });
    await (await create(page, 'later')).getByText('The security token included in the request is expired').waitFor();
  });

  it('sigv4, a new queue and its dead-letter queue belong to the account of the key', async () => {
    const { squab, page, open } = await openConsole({ options: { auth: 'sigv4', credentials: [OWNER] } });
    await open();
    await enter(page, OWNER);
    await page.getByRole('button', { name: 'Create queue' }).first().click();
    const form = page.getByRole('dialog', { name: 'Create a queue' });
    await form.getByLabel('Name', { exact: true }).fill('orders');
    await form.getByLabel('Messages that keep failing go to').selectOption('new');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await page.getByText('/ us-east-1 / 111122223333').waitFor();
    const deadLetterQueue = { name: 'orders-dlq', account: '111122223333' };
    expect((await squab.control.queues.list()).queues).toMatchObject([
      { name: 'orders', deadLetterQueue },
      deadLetterQueue,
    ]);
  });

  it('policy, the page says what a caller may not do, and keeps what was typed', async () => {
    const { page, open, call, allowErrors } = await openConsole({ options: enforced });
    allowErrors(/403/);
    await call('CreateQueue', { QueueName: 'orders' }, { sign: signedBy(OWNER) });
    await open(`/send${PLACE}/orders`);
    await enter(page, STRANGER);
    await page.getByLabel('Body').fill('not for me');
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByRole('alert').getByText('is not authorized to perform: sqs:sendmessage').waitFor();
    expect(await page.getByLabel('Body').inputValue()).toBe('not for me');
    await enter(page, OWNER);
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByRole('region', { name: 'Response' }).getByText('Message ID').waitFor();
  });

  it('looking needs no key, and lists of redrives say that they do', async () => {
    const { page, open, call } = await openConsole({ options: enforced });
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'dlq' }, { sign });
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:111122223333:dlq';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
    await call('CreateQueue', { QueueName: 'orders', Attributes: { RedrivePolicy } }, { sign });
    const QueueUrl = 'http://localhost/111122223333/orders';
    await call('SendMessage', { QueueUrl, MessageBody: 'seen by all' }, { sign });
    await open(`/queues${PLACE}/orders`);
    await page.getByRole('link', { name: 'seen by all' }).click();
    await page.getByRole('complementary', { name: 'Message' }).getByText('Sent to orders.').waitFor();
    await page.getByRole('link', { name: /^dlq/ }).first().click();
    await page.getByRole('link', { name: 'Redrive', exact: true }).click();
    await page.getByRole('alert').getByText('Enter an access key at the top of the page first.').waitFor();
    await enter(page, OWNER);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('the page is only for browsers on this machine, and says so to others', async () => {
    const { squab, page, allowErrors } = await openConsole({ options: enforced });
    // The browser also asks for an icon.
    allowErrors(/40[34]/);
    await page.setExtraHTTPHeaders({ 'x-forwarded-for': '192.0.2.1' });
    const response = await page.goto(squab.url);
    expect(response?.status()).toBe(403);
    await page.getByText('With --auth, only browsers on this machine may open the console.').waitFor();
  });

  it('a page that the browser does not trust says that it cannot sign', async () => {
    const { page, open } = await openConsole({ options: { auth: 'sigv4', credentials: [OWNER] } });
    await page.addInitScript("Object.defineProperty(window, 'isSecureContext', { value: false })");
    await open();
    await enter(page, OWNER);
    const form = await create(page, 'orders');
    await form.getByText('The browser signs requests only on a page that it has by HTTPS').waitFor();
  });
});
