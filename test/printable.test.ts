/** Text from clients and files, in every place where users read it: it can neither control a terminal nor hide. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readableLog } from '../src/commands/readable-log.ts';
import { printable, printableLine } from '../src/printable.ts';
import { queueFileText } from '../src/queue-files/write.ts';
import { scratch, squabEnds, squabServes } from './commands/command.ts';
import { client, setup } from './helpers.ts';

/** Each of these controls a terminal, changes the direction of text, or is invisible. */
const NASTY = {
  'an escape sequence': '\x1b[2K',
  'a carriage return': '\r',
  'a backspace': '\b',
  DEL: '\x7f',
  'a sequence of C1': '\x9b31m',
  'an override of direction': '\u202e',
  'an isolate of direction': '\u2067',
  'a mark of direction': '\u200f',
  'a zero-width space': '\u200b',
  'a soft hyphen': '\u00ad',
  'a filler': '\u3164',
  'an empty Braille pattern': '\u2800',
  'a byte order mark': '\ufeff',
  'a separator of lines': '\u2028',
  'a tag': '\u{e0041}',
  'half a pair': '\ud800',
};
const nasty = Object.values(NASTY).join('x');

/** Whether a terminal shows all of the text as it is. */
const HIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\u{e0000}-\u{e007f}]/u;

describe('a printable text', () => {
  it.each(Object.entries(NASTY))('shows %s as an escape', (_what, text) => {
    const shown = printable(`a${text}b`);
    expect(shown).not.toMatch(HIDDEN);
    expect(JSON.parse(`"${shown}"`)).toBe(`a${text}b`);
  });

  it('keeps everything else, in every script', () => {
    const text = 'Grüße, 你好, שלום, नमस्ते, 👋 – "quoted" \\ and\ttabbed\nin two lines';
    expect(printable(text)).toBe(text);
    expect(printableLine('two\nlines')).toBe('two\\nlines');
  });

  it('of JSON is JSON with the same meaning', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.dictionary(fc.string({ unit: 'binary' }), fc.integer()));
    fc.assert(
      fc.property(value, (given) => {
        const text = printable(JSON.stringify(given));
        expect(JSON.parse(text)).toEqual(given);
        expect(text).not.toMatch(HIDDEN);
      }),
    );
  });
});

describe('the log', () => {
  it('is JSON in which everything is visible', async () => {
    const lines: string[] = [];
    const logStream = { write: (line: string) => void lines.push(line) };
    const { squab } = await setup({ logStream, logLevel: 'debug' });
    const sent = nasty.replace('\ud800', '');
    await fetch(`${squab.url}/?Action=GetQueueUrl&QueueName=${encodeURIComponent(sent)}`);
    await fetch(squab.url, { headers: { origin: 'http://a\x9b\xad' } });
    expect(lines.map((line) => JSON.parse(line).queue)).toContain(sent);
    expect(lines.join('')).toContain('http://a\\u009b\\u00ad');
    for (const line of lines) {
      expect(line).not.toMatch(HIDDEN);
      expect(JSON.parse(line)).toHaveProperty('msg');
    }
  });

  it('on a terminal has no line that a client or a file started', () => {
    const texts: string[] = [];
    const forged = `${nasty}\n12:30:00.000 info all is well`;
    const entry = { level: 50, time: 0, msg: forged, detail: forged, object: { forged }, err: { stack: forged } };
    readableLog({ write: (text) => texts.push(text) }).write(JSON.stringify(entry));
    const text = texts.join('');
    expect(text).not.toMatch(HIDDEN);
    expect(
      text
        .trimEnd()
        .split('\n')
        .filter((line) => /^\d/.test(line)),
    ).toHaveLength(1);
    expect(text).toContain('\\u001b[2K');
  });
});

describe('the output of commands', () => {
  it('shows hidden text in arguments, files and the names that a server returns', async () => {
    const folder = scratch();
    const file = join(folder, `${'\u202e'}queues.yaml`);
    writeFileSync(file, `queues:\n  - name: q\n    "${nasty.replaceAll('\x1b', '\\e').replace('\ud800', '')}": 1\n`);
    const { url } = await squabServes();
    for (const args of [
      ['import', file, '--url', url],
      ['--config', file],
      ['check', join(folder, '\x1b[31m\u202e')],
      ['wait', '--url', 'http://127.0.0.1:1/\u202e\x9b', '--timeout=1ms'],
      ['export', '--url', url, '--output', join(folder, 'none', '\u202e\x1b')],
      ['--log-level', '\u202e\x1b'],
      ['\u202e\x1b'],
    ]) {
      const { code, stdout, stderr } = await squabEnds(args);
      expect(code).toBeGreaterThan(0);
      expect(stdout + stderr).not.toMatch(HIDDEN);
      expect(stdout + stderr).toContain('\\u202e');
    }
  });

  it('has no line that a file or a server has made up', async () => {
    const file = join(scratch(), 'template.yaml');
    writeFileSync(
      file,
      '{ Parameters: { "a\\nAll is well": { Type: String } }, Resources: { Q: { Type: AWS::SQS::Queue } } }',
    );
    const server = createServer((request, response) => {
      const Attributes = { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:a\nAll is well' };
      request.resume();
      response.statusCode = request.url!.startsWith('/_squab') ? 404 : 200;
      response.end(
        JSON.stringify({ QueueUrls: ['http://host/000000000000/a'], Attributes, EventSourceMappings: [], Topics: [] }),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const args of [
      ['import', file, '--parameter', 'b=c', '--url', url],
      ['--config', file, '--parameter', 'b=c'],
      ['export', '--messages', '--url', url],
    ]) {
      expect(await squabEnds(args)).toMatchObject({
        stdout: '',
        stderr: expect.stringMatching(/^squab: .*a\\nAll is well.*\n$/),
      });
    }
    server.close();
  });

  it('of a check has a line for each problem, whatever the data contains', async () => {
    const data = scratch();
    const { url, child, ended } = await squabServes(['--data', data]);
    const { QueueUrl } = await client('JSON', url).call('CreateQueue', { QueueName: 'q' });
    await client('JSON', url).call('SendMessage', { QueueUrl, MessageBody: 'm' });
    child.kill('SIGTERM');
    await ended;
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(join(data, 'squab.db'));
    database.prepare('UPDATE contents SET body_md5 = 1, message_id = ?').run(`${nasty}\nThe data is intact.`);
    database.close();
    const { code, stdout } = await squabEnds(['check', data]);
    expect(code).toBe(1);
    expect(stdout).not.toMatch(HIDDEN);
    expect(stdout).toMatch(/^.*\n- The body of message .*\nThe data is damaged\.\n$/);
  });

  it('of an export is visible, and means the same', async () => {
    const definition = (text: string) => [{ name: 'q', tags: { [text]: text }, messages: [{ body: text }] }];
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constant(nasty), fc.constant(`${nasty}\n${nasty}`)),
        (text) => {
          for (const form of ['yaml', 'json'] as const) {
            const written = queueFileText({ queues: definition(text) }, form);
            expect(written).not.toMatch(HIDDEN);
            expect(parse(written)).toEqual({ queues: definition(text) });
          }
        },
      ),
    );
  });
});

describe('the stream of events', () => {
  it('is visible in a terminal', async () => {
    const { squab, client: over } = await setup();
    const { call } = over('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const body = 'a\u202eb\x85c';
    await call('SendMessage', { QueueUrl, MessageBody: body });
    const response = await fetch(`${squab.url}/_squab/events?kind=sent`, { headers: { 'last-event-id': '0' } });
    let text = '';
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes('data: ')) break;
    }
    expect(text).not.toMatch(HIDDEN);
    expect(JSON.parse(/data: (.*)\n/.exec(text)![1]!)).toMatchObject({ body });
  });
});
