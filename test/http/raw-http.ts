/** HTTP over a raw socket: for requests that no client would send, and responses exactly as received. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

export class RawConnection {
  readonly socket: Socket;
  /** Resolves when the server has ended its side. */
  readonly ended: Promise<void>;
  /** Resolves when the connection is closed, for whatever reason. */
  readonly closed: Promise<void>;
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the next response needs, as far as that is known. */
  #needed = 0;
  #look = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length >= this.#needed) this.#look();
    });
    this.ended = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.once('close', () => this.#look());
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends bytes unchanged, and strings as Latin-1. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /**
   * Resolves to the next response, which needs a Content-Length or status 204. Rejects if the connection closes
   * first.
   */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#takeAnswer();
      if (answer) return answer;
      if (this.socket.destroyed) throw new Error(`Closed after: ${JSON.stringify(this.#received().toString())}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  #received(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #takeAnswer(): RawAnswer | undefined {
    if (this.#length < this.#needed) return undefined;
    const received = this.#received();
    const end = received.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), valueIn(line)]));
    const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
    this.#needed = bodyEnd;
    if (received.length < bodyEnd) return undefined;
    const body = received.toString('utf8', end + 4, bodyEnd);
    this.#chunks = [received.subarray(bodyEnd)];
    this.#length -= bodyEnd;
    this.#needed = 0;
    return { status: Number(first.split(' ')[1]), headers, body };
  }
}

function valueIn(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim();
}

/** Returns a request as sent over the connection; `headers` are whole lines. */
export function rawRequest(line: string, headers: readonly string[], body = ''): string {
  const length = body === '' && line.startsWith('GET') ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${line} HTTP/1.1`, ...headers, ...length, '', body].join('\r\n');
}

/** Sends a request on a connection of its own; resolves to the response. */
export async function rawExchange(port: number, request: string): Promise<RawAnswer> {
  const connection = await RawConnection.open(port);
  try {
    connection.send(request);
    return await connection.answer();
  } finally {
    connection.socket.destroy();
  }
}
