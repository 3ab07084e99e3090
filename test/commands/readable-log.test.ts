import { expect, it } from 'vitest';
import { readableLog } from '../../src/commands/readable-log.ts';

const written = (entry: Record<string, unknown>) => {
  const texts: string[] = [];
  const common = { time: Date.UTC(2026, 0, 1, 12, 30), pid: 1, hostname: 'here' };
  readableLog({ write: (text) => texts.push(text) }).write(`${JSON.stringify({ ...common, ...entry })}\n`);
  return texts.join('');
};

it('a readable line has the time, the level, the message and the details', () => {
  expect(written({ level: 40, msg: 'The disk is slow.', reqId: 'x', ms: 12, on: { disk: 'a' } })).toBe(
    '12:30:00.000 warn The disk is slow. ms=12 on={"disk":"a"}\n',
  );
});

it('the stack of an error follows below its line', () => {
  const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at a.js:1\n    at b.js:2' };
  expect(written({ level: 50, msg: 'A request failed.', action: 'SendMessage', err })).toBe(
    '12:30:00.000 error A request failed. action=SendMessage\n  Error: no\n      at a.js:1\n      at b.js:2\n',
  );
});

it('an info line is dropped, because the banner replaces it', () => {
  expect(written({ level: 30, msg: 'Squab is listening' })).toBe('');
});

it('a detail of several lines follows below its name, so that it can be compared line by line', () => {
  expect(written({ level: 40, msg: 'Wrong.', action: 'ListQueues', stringToSign: 'AWS4\n2026' })).toBe(
    '12:30:00.000 warn Wrong. action=ListQueues\n  stringToSign:\n    AWS4\n    2026\n',
  );
});

it('a detail cannot look like another one', () => {
  const forged = 'q code=AccessDenied';
  expect(written({ level: 20, msg: 'Refused.', queue: forged, on: '{"disk":"a"}', code: 'InvalidAction' })).toBe(
    `12:30:00.000 debug Refused. queue="${forged}" on="{\\"disk\\":\\"a\\"}" code=InvalidAction\n`,
  );
  expect(written({ level: 20, msg: 'Refused.', queue: `a\n${forged}`, code: 'InvalidAction' })).toBe(
    `12:30:00.000 debug Refused. code=InvalidAction\n  queue:\n    a\n    ${forged}\n`,
  );
});
