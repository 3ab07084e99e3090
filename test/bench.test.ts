/** The parts of the benchmark that could be wrong without anyone noticing: its counting and its targets. */

import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { byCpu, Figures, ratio } from '../bench/figures.ts';
import { load, withConnections } from '../bench/load/load.ts';
import { numbered, receiptHandles, requestsAbout, requestTo } from '../bench/load/requests.ts';
import { readOptions } from '../bench/options.ts';
import { allKeys, FULL, QUICK } from '../bench/plan.ts';
import { linesOf, pictureOf, tableOf } from '../bench/plot.ts';
import { HTTP_ROWS } from '../bench/postgres/over-http.ts';
import { ROWS } from '../bench/postgres/rows.ts';
import { cpuMsOf } from '../bench/postgres/server.ts';
import { TARGETS as TARGETS_OF_POSTGRES } from '../bench/postgres/targets.ts';
import { TARGETS } from '../bench/targets.ts';
import { judge } from '../bench/verdicts.ts';

it('has a row for every figure that a target refers to', () => {
  const keys = new Set(allKeys(FULL));
  for (const { of, to } of TARGETS) {
    expect(keys).toContain(of.row);
    if (to) expect(keys).toContain(to.row);
  }
});

it('has a row of the benchmark of the PostgreSQL engine for every figure of its targets', () => {
  const keys = [...ROWS, ...HTTP_ROWS].flatMap((row) => row.keys);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { of, to } of TARGETS_OF_POSTGRES) {
    expect(keys).toContain(of.row);
    if (to) expect(keys).toContain(to.row);
  }
});

it.runIf(process.platform === 'linux')(
  'counts the CPU time of a server with that of its processes, also of ended ones',
  () => {
    const before = cpuMsOf(process.pid);
    spawnSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 200_000);']);
    expect(cpuMsOf(process.pid) - before).toBeGreaterThan(100);
  },
);

it.each([FULL, QUICK])('gives every row a unique key', (plan) => {
  expect(new Set(allKeys(plan)).size).toBe(allKeys(plan).length);
});

it('counts how much a queue grows, even if many connections add to it at once', async () => {
  let answered = 0;
  const server = createServer((_request, response) => {
    answered++;
    response.end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const request = Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const result = await load(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 8, 50, async (ask) => {
    await ask(request);
    return 10;
  });
  expect(result.requests).toBe(answered);
  expect(result.growth).toBe(10 * answered);
});

it('reads a response in chunks, wherever it is cut', async () => {
  const bytes =
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n<Rece\r\n10\r\niptHandle>a</Rec\r\n0\r\n\r\n';
  const server = createTcpServer((socket) =>
    socket.on('data', async () => {
      for (const byte of bytes) await new Promise((written) => socket.write(byte, written));
    }),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await withConnections(`http://127.0.0.1:${port}`, 1, async ([connection]) => {
    const request = requestTo('http://127.0.0.1', 'ListQueues', {});
    return [await connection!.ask(request), await connection!.ask(request)];
  });
  expect(answer.map(String)).toEqual(Array(2).fill('<ReceiptHandle>a</Rec'));
});

it('writes lists and maps for the Query protocol as SQS names them', () => {
  const { build } = requestsAbout('http://127.0.0.1', 'http://127.0.0.1/0/q', 'Query');
  const bodyOf = (request: Buffer) => Object.fromEntries(new URLSearchParams(request.toString().split('\r\n\r\n')[1]));
  const common = { Version: '2012-11-05', QueueUrl: 'http://127.0.0.1/0/q' };
  expect(bodyOf(build('DeleteMessageBatch', { Entries: [{ Id: 'a', ReceiptHandle: 'h' }] }))).toEqual({
    ...{ Action: 'DeleteMessageBatch', ...common },
    ...{ 'DeleteMessageBatchRequestEntry.1.Id': 'a', 'DeleteMessageBatchRequestEntry.1.ReceiptHandle': 'h' },
  });
  expect(bodyOf(build('GetQueueAttributes', { AttributeNames: ['All'] }))).toEqual({
    ...{ Action: 'GetQueueAttributes', ...common, 'AttributeName.1': 'All' },
  });
  const { build: buildJson, overQuery } = requestsAbout('http://127.0.0.1', 'http://127.0.0.1/0/q');
  expect(buildJson('ReceiveMessage').toString()).toContain('x-amz-target: AmazonSQS.ReceiveMessage');
  expect(overQuery.build('ReceiveMessage')).toEqual(build('ReceiveMessage'));
});

it('finds receipt handles in JSON and in XML', () => {
  expect(receiptHandles(Buffer.from('{"Messages":[{"ReceiptHandle":"a"},{"ReceiptHandle":"b"}]}'))).toEqual(['a', 'b']);
  expect(receiptHandles(Buffer.from('<M><ReceiptHandle>a</ReceiptHandle></M><M><ReceiptHandle>b</'))).toEqual([
    'a',
    'b',
  ]);
  expect(receiptHandles(Buffer.from('{}'))).toEqual([]);
});

it('numbers the deduplication IDs of FIFO messages, and cycles through groups, at the same request length', () => {
  const request = Buffer.from('{"a":["-group-----","-id--------"],"b":["-group-----","-id--------"]}');
  const next = numbered(request, 3);
  const [first, second] = [next(), next()].map((one) => JSON.parse(one.toString()));
  const ids = [first.a[1], first.b[1], second.a[1], second.b[1]].map(Number);
  expect(ids).toEqual([0, 1, 2, 3].map((offset) => ids[0]! + offset));
  const groups = [first.a[0], first.b[0], second.a[0], second.b[0]].map(Number);
  expect(groups).toEqual(ids.map((id) => id % 3));
  expect(next()).toHaveLength(request.length);
});

it('compares figures round by round', () => {
  expect(ratio([10, 30, 20], [10, 10, 20])).toEqual({ median: 1, min: 1, max: 3 });
});

it('judges a target by the median, and leaves a target that was not measured undecided', () => {
  const figures = new Figures();
  figures.set('row', 'disk', [8, 9, 20]);
  figures.set('row', 'floor', [10, 10, 10]);
  const of = { row: 'row', server: 'disk' };
  const to = { row: 'row', server: 'floor' };
  const judged = judge(
    [
      { what: 'met', of, to, atLeast: 0.9 },
      { what: 'missed', of, to, atLeast: 0.91 },
      { what: 'low enough', of, atMost: 9 },
      { what: 'not measured', of: { row: 'other', server: 'disk' }, atLeast: 1 },
    ],
    figures,
  );
  expect(judged.map(({ reached }) => reached)).toEqual([true, false, true, undefined]);
});

it('judges a target by CPU time where that is known, unless it is about elapsed time', () => {
  const figures = new Figures();
  const [of, to] = [
    { row: 'row', server: 'memory' },
    { row: 'row', server: 'peer' },
  ];
  for (const [server, rates, perCpu] of [
    ['memory', [1], [3]],
    ['peer', [2], [2]],
  ] as const) {
    figures.set('row', server, rates);
    figures.set(byCpu('row'), server, perCpu);
  }
  const target = { what: 'ahead', of, to, atLeast: 1 };
  expect(judge([target, { ...target, by: 'time' }], figures).map(({ reached }) => reached)).toEqual([true, false]);
});

it('draws what was measured, beside the peer that everything is compared with', () => {
  const figures: Parameters<typeof linesOf>[0] = {
    [byCpu('send-json-c16')]: { fauxqs: [10, 10], memory: [12, 14], disk: [5, 5] },
    [byCpu('first-requests')]: { fauxqs: [80, 80], memory: [40, 40] },
    [byCpu('cycle-c16')]: { memory: [1, 1] },
  };
  const lines = linesOf(figures);
  expect(lines.map(({ name }) => name)).toEqual(['Send', 'First 300 requests']);
  expect(tableOf(lines)).toContain('1.3');
  expect(tableOf(lines)).toContain('2.0');
  expect(pictureOf(lines).match(/<circle/g)).toHaveLength(3 + 5);
});

it.each([
  [['--rows', '('], /--rows must be a regular expression, not "\("/],
  [['--against', 'x'], /--against must be NAME=URL, such as \S+, not "x"\./],
  [['--against', 'disk=http://127.0.0.1:1'], /the name disk is already in use/],
  [['--fast'], /--fast/],
])('rejects %j with a reason', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
