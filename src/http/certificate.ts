/** Serves the certificate with which subscribers verify SNS's messages, at the URL that each message contains. */

import type { FastifyInstance } from 'fastify';
import type { Handler } from './app.ts';

/** `certificate` resolves to the certificate with this file name, in PEM; `otherwise` handles all other requests. */
export function addCertificate(
  app: FastifyInstance,
  certificate: (name: string) => Promise<string | undefined>,
  otherwise: Handler,
): void {
  app.get('/:file(^SimpleNotificationService-[0-9a-f]{32}.pem$)', async (request, reply) => {
    const { file } = request.params as { file: string };
    const pem = await certificate(file);
    return pem === undefined ? otherwise(request, reply) : reply.type('application/x-pem-file').send(pem);
  });
}
