/** What is shown while there are no queues: how a program gets here, and how to create the first queue. */

import { Copy } from '../../pieces/copy.tsx';
import { endpoint, settings } from '../../settings.ts';

const { region } = settings;

const CLIENTS: readonly (readonly [string, string])[] = [
  [
    'JavaScript',
    `new SQSClient({ endpoint: '${endpoint}', region: '${region}', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })`,
  ],
  [
    'Python',
    `boto3.client('sqs', endpoint_url='${endpoint}', region_name='${region}', aws_access_key_id='local', aws_secret_access_key='local')`,
  ],
  [
    'AWS CLI',
    `AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws sqs create-queue --queue-name orders --endpoint-url ${endpoint} --region ${region}`,
  ],
];

export function NoQueues({ onCreate }: { onCreate(): void }) {
  return (
    <section class="empty first">
      <h2>There are no queues yet</h2>
      <p>Point a program here, or create a queue by hand. It appears at once.</p>
      <dl class="clients">
        {CLIENTS.map(([name, line]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{line}</code>
              <Copy text={line} label={`Copy the line for ${name}`} />
            </dd>
          </div>
        ))}
      </dl>
      {!settings.readOnly && (
        <button type="button" class="primary" onClick={onCreate}>
          Create queue
        </button>
      )}
    </section>
  );
}
