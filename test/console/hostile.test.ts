/** Whatever a client sends, the console shows it as text, on every screen, and remains usable. */

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { snsClient } from '../sns-client.ts';
import { expectAccessible } from './accessible.ts';
import { type Console, inChromium, looks, openConsole } from './page.ts';

const home = { account: '000000000000' };
const PLACE = '/us-east-1/000000000000';
const QUEUE = `${'q'.repeat(40)}-${'_'.repeat(39)}`;

const HTML = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
const LINK = 'javascript:alert(1)';
const BIDI = '\u202Egnp.exe \u2066hidden\u2069 \u200F\u05D0\u05D1\u05D2 \u0627\u0644\u0639\u0631\u0628\u064A\u0629';
const BODIES = [
  HTML,
  LINK,
  BIDI,
  '\uD83D\uDE00\u200D\u2620 \u0301\u0301\u0301',
  '{"__proto__":{"a":1},"constructor":1}',
];

/** Fails if content has become markup, or is wider than the window. */
async function expectOnlyText(page: Page, screen = ''): Promise<void> {
  expect(await page.evaluate('document.querySelectorAll("img, iframe, object, main script").length')).toBe(0);
  expect(await page.evaluate('document.title')).not.toBe('owned');
  expect(await page.evaluate('[...document.links].filter(({ href }) => !/^https?:/.test(href)).length')).toBe(0);
  expect(
    await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
    `${screen} is too wide`,
  ).toBeLessThanOrEqual(0);
}

async function send({ call }: Console, MessageBody: string, rest = {}): Promise<string> {
  return (await call('SendMessage', { QueueUrl: QUEUE, MessageBody, ...rest }, home)).MessageId;
}

inChromium('hostile content', () => {
  it.each(looks)('is text on every screen, $look', async (look) => {
    const made = await openConsole({ look });
    const { squab, call, page, open } = made;
    const tags = { [HTML.slice(0, 60).replaceAll(/[^\w ]/g, '_')]: 'x'.repeat(256) };
    await call('CreateQueue', { QueueName: QUEUE, tags }, home);
    const attribute = { DataType: `String.${'x'.repeat(200)}`, StringValue: HTML + 'x'.repeat(5000) };
    const MessageAttributes = { ['a'.repeat(256)]: attribute };
    const ids: string[] = [];
    for (const body of BODIES) ids.push(await send(made, body, { MessageAttributes }));
    await call('ReceiveMessage', { QueueUrl: QUEUE }, { ...home, headers: { 'user-agent': HTML + 'x'.repeat(500) } });
    squab.control.faults.add({ queue: 'nothing', effect: { type: 'error', code: 'OverLimit', message: HTML } });
    await squab.control.snapshots.take('x'.repeat(64));

    for (const [address, text] of [
      ['/queues', QUEUE],
      [`/queues${PLACE}/${QUEUE}`, '<script>'],
      [`/queues${PLACE}/${QUEUE}/explain`, QUEUE],
      [`/queues${PLACE}/${QUEUE}/settings`, QUEUE],
      ...ids.map((id) => [`/queues${PLACE}/${QUEUE}/messages/${id}`, 'System attributes'] as const),
      [`/send${PLACE}/${QUEUE}`, 'Body'],
      ['/events', '<script>'],
      ['/clock', QUEUE],
      ['/faults', 'OverLimit'],
      ['/snapshots', 'x'.repeat(64)],
    ] as const) {
      await open(address);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await expectOnlyText(page, address);
    }
  });

  it.each(looks)('in tags is text, also where they are changed, $look', async (look) => {
    const { call, page, open, allowErrors } = await openConsole({ look });
    allowErrors(/400/);
    // SQS allows letters, digits, white space and _ . : / = + - @ in tags.
    const tags = {
      [LINK.replaceAll(/[()]/g, '_')]: '\u05D0\u05D1\u05D2 \u0627\u0644\u0639\u0631\u0628\u064A\u0629',
      '\u05D0\u05D1\u05D2 en': '//example.com/@a:b',
      ['__proto__']: 'x'.repeat(256),
      constructor: ' ',
      toString: '',
      ['k'.repeat(128)]: '= + - @ . :',
    };
    await call('CreateQueue', { QueueName: QUEUE, tags }, home);
    const address = `/queues${PLACE}/${QUEUE}/settings`;
    await open(address);
    for (const key of Object.keys(tags)) await page.getByText(key, { exact: true }).first().waitFor();
    await expectOnlyText(page, address);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Edit attributes and tags' }).click();
    await expectOnlyText(page, address);
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.getByLabel('Key of tag 7').fill('k'.repeat(129));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Key of tag 7').fill('<b>');
    await page.getByLabel('Value of tag 7').fill(HTML);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Tag keys may only contain').waitFor();
    await expectOnlyText(page, address);
    await page.getByLabel('Key of tag 7').fill('hasOwnProperty');
    await page.getByLabel('Value of tag 7').fill('');
    await page.getByRole('button', { name: 'Remove tag 4' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`Changed ${QUEUE}.`).waitFor();
    const { constructor: _removed, ...rest } = tags;
    const { Tags } = await call('ListQueueTags', { QueueUrl: QUEUE }, home);
    expect(Object.entries(Tags).sort()).toEqual(Object.entries({ ...rest, hasOwnProperty: '' }).sort());
    await page.getByText('hasOwnProperty', { exact: true }).waitFor();
    await expectOnlyText(page, address);
  });

  it.each(looks)('in fault rules is text, and they can be changed and removed, $look', async (look) => {
    const { squab, call, page, open } = await openConsole({ look });
    await call('CreateQueue', { QueueName: QUEUE }, home);
    const id = '..%2F<b>?#&"\'';
    const message = `${HTML}${BIDI}${'x'.repeat(900)}`;
    const ids = ['<img src=x onerror=alert(1)>', 'b'.repeat(80)];
    for (const [rule, effect] of [
      ['error', { type: 'error', code: 'OverLimit', message }],
      ['entries', { type: 'fail-entries', code: 'InternalFailure', ids }],
    ] as const) {
      const added = await fetch(`${squab.url}/_squab/faults/${encodeURIComponent(`${id}${rule}`)}`, {
        method: 'PUT',
        body: JSON.stringify({ queue: QUEUE, effect }),
      });
      expect(added.status, await added.text()).toBe(200);
    }
    await open('/faults');
    await page.getByText('Fails with OverLimit').first().waitFor();
    await expectOnlyText(page, '/faults');
    await expectAccessible(page);
    await page.getByRole('button', { name: `Edit ${id}error` }).click();
    const form = page.getByRole('dialog');
    expect(await form.getByLabel('Error message').inputValue()).toBe(message);
    await expectOnlyText(page, 'the form for a rule');
    await form.getByLabel('At most').fill('3');
    await form.getByRole('button', { name: 'Change rule' }).click();
    await form.waitFor({ state: 'detached' });
    expect(squab.control.faults.list()).toMatchObject([{ times: 3, effect: { message } }, { effect: { ids } }]);
    await page.getByRole('button', { name: `Remove ${id}entries` }).click();
    await expectOnlyText(page, 'the question');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove rule' }).click();
    await page.getByRole('button', { name: `Remove ${id}entries` }).waitFor({ state: 'detached' });
    expect(squab.control.faults.list()).toHaveLength(1);
  });

  it('that looks like an instant is text', async () => {
    const { squab, call, page, open } = await openConsole();
    const odd = '2026-99-99T99:99:99Z';
    await call('CreateQueue', { QueueName: QUEUE }, home);
    const { MessageId } = await call('SendMessage', { QueueUrl: QUEUE, MessageBody: odd }, home);
    await call('ReceiveMessage', { QueueUrl: QUEUE }, { ...home, headers: { 'user-agent': odd } });
    const sns = snsClient(squab.url);
    const { TopicArn } = await sns('CreateTopic', { Name: 't' }, home);
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: `http://127.0.0.1:1/${odd}` }, home);
    await sns('Publish', { TopicArn, Message: odd }, home);
    for (const [address, text] of [
      [`/queues${PLACE}/${QUEUE}/messages/${MessageId}`, `by 000000000000 with ${odd} from`],
      [`/topics${PLACE}/t/deliveries`, `Not delivered to http://127.0.0.1:1/${odd}`],
      ['/events', odd],
    ] as const) {
      await open(address);
      await page.getByText(text).filter({ visible: true }).last().waitFor();
    }
  });

  it('in JSON is indented and formatted as it is written', async () => {
    const { call, page, open } = await openConsole();
    const body = '{"id":12345678901234567890,"n":1.50,"a":1,"a":2}';
    await call('CreateQueue', { QueueName: QUEUE }, home);
    const { MessageId } = await call('SendMessage', { QueueUrl: QUEUE, MessageBody: body }, home);
    await open(`/queues${PLACE}/${QUEUE}/messages/${MessageId}`);
    await page.getByText('"id": 12345678901234567890,').waitFor();
    await open(`/send${PLACE}/${QUEUE}`);
    await page.getByLabel('Body').fill(body);
    await page.getByRole('button', { name: 'Format JSON' }).click();
    const formatted = await page.getByLabel('Body').inputValue();
    expect(formatted.replaceAll(/\s/g, '')).toBe(body);
  });

  it('in an address leads nowhere, and is text', async () => {
    const { page, open, allowErrors } = await openConsole();
    allowErrors(/40[04]/);
    for (const address of [
      `/queues${PLACE}/${encodeURIComponent(HTML)}`,
      `/queues${PLACE}/..%2F..%2Fclock`,
      `/queues/%00/%ff/%`,
      `/queues${PLACE}/q/messages/${encodeURIComponent(HTML)}`,
      `/send${PLACE}/${encodeURIComponent(HTML)}`,
      `/events?queue=${encodeURIComponent(HTML)}&kind=${encodeURIComponent(HTML)}`,
      `/queues?search=${encodeURIComponent(HTML)}&sort=${encodeURIComponent(HTML)}&page=-1`,
      '/queues/toString/__proto__/constructor/hasOwnProperty',
    ]) {
      await open('/faults');
      await page.getByRole('heading', { name: 'Faults', level: 1 }).waitFor();
      await open(address);
      await page.getByRole('heading', { name: 'Faults', level: 1 }).waitFor({ state: 'detached' });
      await page.waitForTimeout(100);
      expect((await page.getByRole('main').innerText()).trim(), address).not.toBe('');
      await expectOnlyText(page);
    }
  });

  it.each(looks)('of 1 MiB opens, and the page goes on, $look', async (look) => {
    const made = await openConsole({ look });
    const { call, page, open } = made;
    await call('CreateQueue', { QueueName: QUEUE }, home);
    const MIB = 1_048_576;
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const wide = `[${'{"a":[1]},'.repeat(50_000)}0]`;
    for (const body of ['x'.repeat(MIB), deep, wide, '\n'.repeat(MIB)]) {
      const id = await send(made, body);
      await open(`/queues${PLACE}/${QUEUE}/messages/${id}`);
      const panel = page.getByRole('complementary', { name: 'Message' });
      await panel.getByText('System attributes').waitFor();
      expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(5000);
      const before = Date.now();
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
      expect(Date.now() - before).toBeLessThan(2000);
      await expectOnlyText(page);
    }
    await page.getByRole('link', { name: 'Queues', exact: true }).first().click();
    await page.getByRole('link', { name: QUEUE, exact: true }).waitFor();
  });

  it('that is typed into the send form arrives as it was typed', async () => {
    const made = await openConsole();
    const { call, page, open } = made;
    await call('CreateQueue', { QueueName: QUEUE }, home);
    await open(`/send${PLACE}/${QUEUE}`);
    for (const body of BODIES) {
      await page.getByLabel('Body').fill(body);
      await page.getByRole('button', { name: 'Send message' }).click();
      const receive = () => call('ReceiveMessage', { QueueUrl: QUEUE }, home);
      await expect.poll(async () => (await receive()).Messages?.[0].Body).toBe(body);
      await expectOnlyText(page);
    }
    await expectAccessible(page);
  });

  it('that SQS cannot take is refused beside the field', async () => {
    const made = await openConsole();
    const { call, page, open, allowErrors } = made;
    allowErrors(/400/);
    await call('CreateQueue', { QueueName: QUEUE }, home);
    await open(`/send${PLACE}/${QUEUE}`);
    for (const body of ['\u0000', 'a\uFFFE', '\uD800']) {
      await page.getByLabel('Body').evaluate((field: { value: string; dispatchEvent(event: unknown): void }, text) => {
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }, body);
      await page.getByRole('button', { name: 'Send message' }).click();
      await page
        .getByText(/Invalid characters|valid characters|characters/i)
        .first()
        .waitFor();
    }
    expect(await call('ReceiveMessage', { QueueUrl: QUEUE }, home)).toEqual({});
  });
});
