/**
 * The floor: a bare Fastify that reads and parses the body of every request, as JSON or as a form, and answers at once
 * with an answer that it was taught. What Squab does beyond that is what its ratio to the floor shows.
 *
 * `PUT /` teaches it: an object of operation → answer. An argument is the port; without one it takes a free one.
 */

import fastify from 'fastify';

interface Answer {
  contentType: string;
  body: string;
}

const app = fastify();
/** To begin with, it knows the request that its start is timed with. */
let answers: Record<string, Answer> = {
  'AmazonSQS.ListQueues': { contentType: 'application/x-amz-json-1.0', body: '{}' },
};

app.removeAllContentTypeParsers();
// As a text: as bytes that are made a text then, it costs a little more.
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, JSON.parse(String(body))));
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, new URLSearchParams(String(body))),
);

app.put('/', (request, reply) => {
  answers = request.body as Record<string, Answer>;
  reply.code(204).send();
});

app.post('/*', (request, reply) => {
  const operation = request.headers['x-amz-target'] ?? (request.body as URLSearchParams).get('Action');
  const answer = answers[operation as string];
  if (!answer) throw new Error(`The floor was not taught an answer to ${operation}.`);
  reply
    .headers({
      'x-amzn-RequestId': '9c4d1a3e-8f0b-4a51-9d7e-2b6f5c1e7a90',
      'content-type': answer.contentType,
    })
    .send(answer.body);
});

const url = await app.listen({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1' });
console.log(JSON.stringify({ url }));
