/**
 * Asks a server again and again, in a thread of its own, and remembers the longest time that an answer took. The
 * request costs next to nothing, but passes through the engine.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from '../load/load.ts';

const url = workerData as string;
const request = Buffer.from(`GET /health HTTP/1.1\r\nhost: ${new URL(url).host}\r\n\r\n`);
const connection = await Connection.open(url);
let longest = 0;
let ended = false;
parentPort!.once('message', () => {
  ended = true;
});
for (let warmUp = 0; warmUp < 20; warmUp++) await connection.ask(request);
parentPort!.postMessage('ready');
while (!ended) {
  const start = performance.now();
  await connection.ask(request);
  longest = Math.max(longest, performance.now() - start);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
connection.close();
parentPort!.postMessage(longest);
