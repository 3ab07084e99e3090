/** A link from a message to what was published to a topic. */

import { queueOfArn } from '../../pieces/queue-name.tsx';
import { topicLink } from '../../router.ts';

export function PublicationLink({ topicArn, messageId }: { topicArn: string; messageId: string }) {
  const topic = queueOfArn(topicArn);
  if (!topic) return null;
  return <a href={`#${topicLink(topic, 'deliveries')}?message=${encodeURIComponent(messageId)}`}>Its deliveries</a>;
}
