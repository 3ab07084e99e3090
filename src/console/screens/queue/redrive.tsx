/** Moving messages out of a dead-letter queue: start a message move task, watch it, cancel it. */

import { useState } from 'preact/hooks';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { queueArn } from '../../../queues/arn.ts';
import { sqs } from '../../api.ts';
import { count, counted } from '../../format.ts';
import { useLive } from '../../live.ts';
import { Empty, Problem } from '../../pieces/empty.tsx';
import { SelectField, TextField } from '../../pieces/field.tsx';
import { ArnLink } from '../../pieces/queue-name.tsx';
import { Time } from '../../pieces/time.tsx';
import { attempt } from '../../pieces/toasts.tsx';
import { queueLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { QueueField } from '../queues/queue-suggestions.tsx';
import { redrivePolicyOf } from './links.ts';

/** A result of ListMessageMoveTasks. */
interface MoveTask {
  TaskHandle?: string;
  Status: string;
  DestinationArn?: string;
  MaxNumberOfMessagesPerSecond?: number;
  ApproximateNumberOfMessagesMoved?: number;
  ApproximateNumberOfMessagesToMove?: number;
  FailureReason?: string;
  StartedTimestamp: number;
}

export function RedriveTab({ queue }: { queue: QueueReport }) {
  const policy = redrivePolicyOf(queue);
  if (queue.sources.length === 0) {
    return (
      <Empty title="This is not a dead-letter queue">
        {policy ? (
          <p>
            Its own dead letters are in <ArnLink arn={policy.deadLetterTargetArn} />, where they can be moved back from.
          </p>
        ) : (
          <p>
            No queue sends its dead letters here, and it has no dead-letter queue itself. Give it one under{' '}
            <a href={`#${queueLink(queue, 'settings')}`}>Attributes and tags</a>.
          </p>
        )}
      </Empty>
    );
  }
  return <Tasks queue={queue} />;
}

function Tasks({ queue }: { queue: QueueReport }) {
  const { data, error, refresh } = useLive(
    () => sqs<{ Results?: MoveTask[] }>('ListMessageMoveTasks', { SourceArn: queue.arn, MaxResults: 10 }, queue),
    [queue.arn],
  );
  const tasks = data?.Results ?? [];
  const isRunning = tasks.some(({ Status }) => Status === 'RUNNING' || Status === 'CANCELLING');
  return (
    <div class="stack">
      <Problem error={data ? undefined : error} />
      {!settings.readOnly && <Start queue={queue} isRunning={isRunning} onStart={refresh} />}
      {tasks.map((task) => (
        <Task key={task.StartedTimestamp} task={task} queue={queue} onChange={refresh} />
      ))}
    </div>
  );
}

interface StartProps {
  queue: QueueReport;
  isRunning: boolean;
  onStart(): void;
}

function Start({ queue, isRunning, onStart }: StartProps) {
  const [target, setTarget] = useState('sources');
  const [name, setName] = useState('');
  const [rate, setRate] = useState('');
  const { account, region, messages, sources } = queue;
  const start = async (event: Event) => {
    event.preventDefault();
    const input = {
      SourceArn: queue.arn,
      ...(target === 'queue' && { DestinationArn: queueArn({ account, region, name }) }),
      ...(rate !== '' && { MaxNumberOfMessagesPerSecond: Number(rate) }),
    };
    if (await attempt(() => sqs('StartMessageMoveTask', input, queue), 'Moving has begun.')) onStart();
  };
  return (
    <form class="card padded stack" onSubmit={start} noValidate>
      <h2>Move {counted(messages.visible, 'message')} back</h2>
      <div class="fields">
        <SelectField
          label="To"
          value={target}
          options={[
            ['sources', sources.length === 1 ? 'The queue that each came from' : 'The queues that they came from'],
            ['queue', 'Another queue'],
          ]}
          hint="Messages that were sent here directly came from no queue: they need another queue."
          onChange={setTarget}
        />
        {target === 'queue' && <QueueField label="Name of the queue" value={name} place={queue} onChange={setName} />}
        <TextField
          label="Messages per second"
          hint="At most. 1 to 500; empty for as fast as possible."
          value={rate}
          inputMode="numeric"
          onChange={setRate}
        />
      </div>
      <div class="row">
        <button type="submit" class="primary" disabled={isRunning || messages.visible === 0}>
          Start redrive
        </button>
        {isRunning && <span class="muted">A queue can have one running task at a time.</span>}
        {!isRunning && messages.visible === 0 && <span class="muted">The queue has no visible messages.</span>}
      </div>
    </form>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ RUNNING: 'info', COMPLETED: 'good', CANCELLED: 'warning', CANCELLING: 'warning', FAILED: 'danger' },
};

function Task({ task, queue, onChange }: { task: MoveTask; queue: QueueReport; onChange(): void }) {
  const { ApproximateNumberOfMessagesMoved: moved = 0, ApproximateNumberOfMessagesToMove: all, TaskHandle } = task;
  const cancel = async () => {
    if (await attempt(() => sqs('CancelMessageMoveTask', { TaskHandle }, queue), 'Cancelled the redrive.')) onChange();
  };
  return (
    <section class="card padded stack tight" aria-label="Redrive">
      <div class="spread">
        <p class="row">
          <span class={`badge ${KINDS[task.Status] ?? ''}`}>{task.Status.toLowerCase()}</span>
          {task.DestinationArn ? (
            <span>
              to <ArnLink arn={task.DestinationArn} />
            </span>
          ) : (
            <span>to the source queues</span>
          )}
          <span class="muted">
            started <Time at={new Date(task.StartedTimestamp).toISOString()} />
          </span>
        </p>
        {task.Status === 'RUNNING' && TaskHandle && !settings.readOnly && (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      {all !== undefined && <progress value={moved} max={Math.max(all, 1)} aria-label="Messages moved" />}
      <p class="muted">
        {count(moved)} {all === undefined ? 'moved' : `of about ${count(all)} moved`}
        {task.MaxNumberOfMessagesPerSecond !== undefined && `, at most ${task.MaxNumberOfMessagesPerSecond} per second`}
      </p>
      {task.FailureReason && <p class="problem">{task.FailureReason}</p>}
    </section>
  );
}
