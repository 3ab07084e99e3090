/** What SQS answered. */

import type { QueueKey } from '../../api.ts';
import { Copy } from '../../pieces/copy.tsx';
import { type Fact, Facts } from '../../pieces/facts.tsx';
import { queueLink } from '../../router.ts';

/** The response to a SendMessage, or of an entry of a batch. */
export interface SentResponse {
  /** In a batch, the number of the entry. */
  Id?: string;
  MessageId?: string;
  MD5OfMessageBody?: string;
  MD5OfMessageAttributes?: string;
  SequenceNumber?: string;
  /** Why the entry was refused. */
  failure?: string;
}

export function Responses({ queue, responses }: { queue: QueueKey; responses: readonly SentResponse[] }) {
  return (
    <section class="card padded stack tight" aria-label="Response" aria-live="polite">
      <h2>Response</h2>
      {responses.length === 0 && <p class="muted">The response of SQS appears here.</p>}
      {responses.map((response) => (
        <div key={response.Id ?? response.MessageId} class="response">
          {response.Id && <h3>Entry {response.Id}</h3>}
          {response.failure ? <p class="problem">{response.failure}</p> : <Facts facts={factsOf(queue, response)} />}
        </div>
      ))}
    </section>
  );
}

function factsOf(queue: QueueKey, response: SentResponse): readonly Fact[] {
  const { MessageId = '', MD5OfMessageBody, MD5OfMessageAttributes, SequenceNumber } = response;
  const id = (
    <span class="row">
      <a href={`#${queueLink(queue, 'messages', MessageId)}`}>
        <code class="break">{MessageId}</code>
      </a>
      <Copy text={MessageId} label="Copy the message ID" />
    </span>
  );
  const texts = Object.entries({
    'Sequence number': SequenceNumber,
    'MD5 of the body': MD5OfMessageBody,
    'MD5 of the attributes': MD5OfMessageAttributes,
  }).flatMap(([name, text]): Fact[] =>
    text
      ? [
          [
            name,
            <code key={name} class="break">
              {text}
            </code>,
          ],
        ]
      : [],
  );
  return [['Message ID', id], ...texts];
}
