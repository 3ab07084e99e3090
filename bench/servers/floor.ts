/**
 * The floor: a bare Fastify that parses the body of every request, as JSON or as a form, and immediately sends a
 * fixed response. Squab's ratio to the floor shows the cost of everything that Squab does beyond that.
 *
 * `PUT /` sets the responses: an object of operation → response. The argument is the port; by default, a free one.
 */

import fastify from 'fastify';

interface Answer {
  contentType: string;
  body: string;
}

const app = fastify();
/** The initial response is for the request that measures its start-up time. */
let answers: Record<string, Answer> = {
  'AmazonSQS.ListQueues': { contentType: 'application/x-amz-json-1.0', body: '{}' },
};

app.removeAllContentTypeParsers();
// Parsing as a string costs a little less than parsing as bytes and converting those.
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
  if (!answer) throw new Error(`The floor has no response for ${operation}.`);
  reply
    .headers({
      'x-amzn-RequestId': '9c4d1a3e-8f0b-4a51-9d7e-2b6f5c1e7a90',
      'content-type': answer.contentType,
    })
    .send(answer.body);
});

const url = await app.listen({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1' });
console.log(JSON.stringify({ url }));
