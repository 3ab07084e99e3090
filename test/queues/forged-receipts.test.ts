/** Only those who have received a message have a receipt handle for it; handles outlive restarts and upgrades. */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { type Fixture, overBothWires, temporaryFolder } from '../helpers.ts';

const VERSION_BYTES = 3;
const TAG_BYTES = 10;

/** Changes the content of a handle, and ends it with the right checksum, as handles of earlier versions had it. */
function checksummed(handle: string, change: (content: Buffer) => void = () => {}): string {
  const content = Buffer.from(handle, 'base64').subarray(0, -TAG_BYTES);
  change(content);
  const sum = Buffer.alloc(3);
  sum.writeUIntBE(crc32(content) >>> 8, 0, 3);
  return Buffer.concat([content, sum]).toString('base64');
}

/** Changes the content of a handle, and keeps its authentication. */
function altered(handle: string, change: (content: Buffer) => void): string {
  const bytes = Buffer.from(handle, 'base64');
  change(bytes);
  return bytes.toString('base64');
}

const toKey = (key: number) => (content: Buffer) => content.writeDoubleBE(key, VERSION_BYTES + 8);
const keyOf = (handle: string) => Buffer.from(handle, 'base64').readDoubleBE(VERSION_BYTES + 8);

const receive = async ({ call }: Fixture, QueueUrl: string, VisibilityTimeout = 30): Promise<string | undefined> => {
  const { Messages } = await call('ReceiveMessage', { QueueUrl, VisibilityTimeout });
  return Messages?.[0].ReceiptHandle;
};
const counts = async ({ call }: Fixture, QueueUrl: string) => {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames });
  return AttributeNames.map((name) => Number(Attributes[name]));
};

overBothWires('a receipt handle', (fixture) => {
  /** Expects that no operation accepts the handle, and that the queue's messages stay as they are. */
  const expectInvalid = async (f: Fixture, QueueUrl: string, ReceiptHandle: string) => {
    const before = await counts(f, QueueUrl);
    const refusal = { status: 404, code: 'ReceiptHandleIsInvalid' };
    await expect(f.call('DeleteMessage', { QueueUrl, ReceiptHandle })).rejects.toMatchObject(refusal);
    const change = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
    await expect(f.call('ChangeMessageVisibility', change)).rejects.toMatchObject(refusal);
    const Entries = [{ Id: 'e', ReceiptHandle, VisibilityTimeout: 0 }];
    for (const operation of ['DeleteMessageBatch', 'ChangeMessageVisibilityBatch']) {
      const entries = operation.startsWith('D') ? [{ Id: 'e', ReceiptHandle }] : Entries;
      const { Failed } = await f.call(operation, { QueueUrl, Entries: entries });
      expect(Failed).toMatchObject([{ Code: 'ReceiptHandleIsInvalid' }]);
    }
    expect(await counts(f, QueueUrl)).toEqual(before);
  };

  it.each(['q', 'q.fifo'])('cannot be made from that of another message of %s', async (name) => {
    const f = await fixture();
    const isFifo = name.endsWith('.fifo');
    const QueueUrl = await f.queue(name, isFifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {});
    for (const MessageBody of ['a', 'b']) {
      await f.call('SendMessage', { QueueUrl, MessageBody, ...(isFifo && { MessageGroupId: MessageBody }) });
    }
    const own = (await receive(f, QueueUrl))!;
    const other = (await receive(f, QueueUrl))!;
    const change = toKey(keyOf(other));
    for (const forged of [altered(own, change), checksummed(own, change), checksummed(other)]) {
      await expectInvalid(f, QueueUrl, forged);
    }
    for (const ReceiptHandle of [own, other]) await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
    expect(await counts(f, QueueUrl)).toEqual([0, 0]);
  });

  it('of one Squab in memory is invalid in another', async () => {
    const [one, other] = [await fixture({ data: undefined }), await fixture({ data: undefined })];
    const handleIn = async (f: Fixture) => {
      const QueueUrl = await f.queue();
      await f.call('SendMessage', { QueueUrl, MessageBody: 'a' });
      return { QueueUrl, handle: (await receive(f, QueueUrl))! };
    };
    const [{ handle }, { QueueUrl }] = [await handleIn(one), await handleIn(other)];
    await expectInvalid(other, QueueUrl, handle);
  });

  it('outlives restarts on a data folder, and snapshots', async () => {
    const data = temporaryFolder();
    const first = await fixture({ data });
    const QueueUrl = await first.queue();
    for (const MessageBody of ['a', 'b', 'c']) await first.call('SendMessage', { QueueUrl, MessageBody });
    const handles = [(await receive(first, QueueUrl))!];
    await first.squab.control.snapshots.take('one');
    handles.push((await receive(first, QueueUrl))!);
    await first.squab.stop();
    const second = await fixture({ data });
    const url = await second.queue();
    handles.push((await receive(second, url))!);
    for (const ReceiptHandle of handles) await second.call('DeleteMessage', { QueueUrl: url, ReceiptHandle });
    expect(await counts(second, url)).toEqual([0, 0]);
  });

  it.each(['q', 'q.fifo'])(
    'does not match what is sent to %s after a copy of the folder was put back',
    async (name) => {
      const [data, copy] = [temporaryFolder(), temporaryFolder()];
      const begin = async (folder: string) => {
        const f = await fixture({ data: folder });
        const isFifo = name.endsWith('.fifo');
        return { f, QueueUrl: await f.queue(name, isFifo ? { FifoQueue: 'true' } : {}), isFifo };
      };
      const sendAndReceive = async ({ f, QueueUrl, isFifo }: Awaited<ReturnType<typeof begin>>) => {
        const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'd' };
        await f.call('SendMessage', { QueueUrl, MessageBody: 'hello', ...(isFifo && ids) });
        return (await receive(f, QueueUrl))!;
      };
      await (await begin(data)).f.squab.stop();
      cpSync(data, copy, { recursive: true });
      const lost = await begin(data);
      const ReceiptHandle = await sendAndReceive(lost);
      const { f, QueueUrl, isFifo } = await begin(copy);
      await f.squab.control.clock.advance('1s');
      const own = await sendAndReceive({ f, QueueUrl, isFifo });
      expect(keyOf(own)).toBe(keyOf(ReceiptHandle));
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
      expect(await counts(f, QueueUrl)).toEqual([0, 1]);
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: own });
      expect(await counts(f, QueueUrl)).toEqual([0, 0]);
    },
  );

  it('from before handles were authenticated is valid for the messages that had been received then', async () => {
    const data = temporaryFolder();
    const first = await fixture({ data });
    for (const MessageBody of ['a', 'b', 'c']) {
      await first.call('SendMessage', { QueueUrl: await first.queue(), MessageBody });
    }
    const handles = [(await receive(first, 'q'))!, (await receive(first, 'q'))!];
    await first.squab.stop();
    const database = new Database(join(data, 'squab.db'));
    // Back to the tables of that time.
    for (const table of [
      'receipt_secret',
      'mappings',
      'topics',
      'subscriptions',
      'publications',
      'texts',
      'latest_sends',
    ]) {
      database.exec(`DROP TABLE ${table}`);
    }
    database.exec('DROP INDEX received_by_tenant');
    for (const [index, table] of [
      ['messages_by_visible_at', 'messages'],
      ['messages_by_tenant', 'messages'],
      ['groups_by_ready_at', 'groups'],
    ]) {
      database.exec(`DROP INDEX ${index}; CREATE INDEX ${index} ON ${table} (generation)`);
    }
    for (const table of ['messages', 'groups']) database.exec(`ALTER TABLE ${table} DROP COLUMN rank`);
    database.pragma('user_version = 2');
    database.close();

    for (const ReceiptHandle of handles.map((handle) => checksummed(handle))) {
      const f = await fixture({ data });
      const QueueUrl = await f.queue();
      const [, inFlight] = await counts(f, QueueUrl);
      await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 60 });
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
      expect(await counts(f, QueueUrl)).toEqual([1, inFlight! - 1]);
      await f.squab.stop();
    }
    const f = await fixture({ data });
    const QueueUrl = await f.queue();
    const later = (await receive(f, QueueUrl))!;
    await expectInvalid(f, QueueUrl, checksummed(later));
    await expectInvalid(f, QueueUrl, checksummed(handles[0]!, toKey(keyOf(later))));
    await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: later });
  });
});
