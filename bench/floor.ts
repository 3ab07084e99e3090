/**
 * The floor: a bare Fastify that reads and parses the body of every request, and answers at once with an answer that it
 * was taught. What Squab does beyond that is what its ratio to the floor shows.
 *
 * `PUT /` teaches it: an object of operation → body of the answer.
 */

import fastify from 'fastify';

const app = fastify();
let answers: Record<string, string> = {};

app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, JSON.parse(body.toString())));

app.put('/', (request, reply) => {
  answers = request.body as Record<string, string>;
  reply.code(204).send();
});

app.post('/*', (request, reply) => {
  reply
    .headers({
      'x-amzn-RequestId': '9c4d1a3e-8f0b-4a51-9d7e-2b6f5c1e7a90',
      'content-type': 'application/x-amz-json-1.0',
    })
    .send(answers[String(request.headers['x-amz-target'])]);
});

const url = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ url }));
