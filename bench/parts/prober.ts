/** Asks a server again and again, in a thread of its own, and remembers the longest time that an answer took. */

import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from '../load/load.ts';
import { jsonRequest } from '../load/requests.ts';

const url = workerData as string;
const request = jsonRequest(url, 'ListQueues', { MaxResults: 1 });
const connection = await Connection.open(url);
let longest = 0;
let ended = false;
parentPort!.once('message', () => {
  ended = true;
});
parentPort!.postMessage('ready');
while (!ended) {
  const start = performance.now();
  await connection.ask(request);
  longest = Math.max(longest, performance.now() - start);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
connection.close();
parentPort!.postMessage(longest);
