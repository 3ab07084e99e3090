/** All screens: the form of their addresses, their titles, and their place in the navigation. */

import type { ComponentType } from 'preact';
import type { Params } from './router.ts';
import { ClockScreen } from './screens/clock.tsx';
import { EventsScreen } from './screens/events.tsx';
import { FaultsScreen } from './screens/faults.tsx';
import { QueueScreen } from './screens/queue/queue.tsx';
import { QueuesScreen } from './screens/queues/queues.tsx';
import { SendScreen } from './screens/send/send.tsx';
import { SnapshotsScreen } from './screens/snapshots.tsx';
import { TopicScreen } from './screens/topics/topic.tsx';
import { TopicsScreen } from './screens/topics/topics.tsx';

export interface Screen {
  pattern: string;
  title(params: Params): string;
  view: ComponentType<{ params: Params }>;
  /** The part of the navigation that it belongs to. */
  part: string;
}

export const navigation = ['queues', 'topics', 'send', 'events', 'clock', 'faults', 'snapshots'] as const;

const byName = (params: Params) => params.name!;

export const screens: readonly Screen[] = [
  { pattern: '/queues', title: () => 'Queues', view: QueuesScreen, part: 'queues' },
  { pattern: '/queues/:region/:account/:name', title: byName, view: QueueScreen, part: 'queues' },
  { pattern: '/queues/:region/:account/:name/:tab', title: byName, view: QueueScreen, part: 'queues' },
  { pattern: '/queues/:region/:account/:name/:tab/:messageId', title: byName, view: QueueScreen, part: 'queues' },
  { pattern: '/topics', title: () => 'Topics', view: TopicsScreen, part: 'topics' },
  { pattern: '/topics/:region/:account/:name', title: byName, view: TopicScreen, part: 'topics' },
  { pattern: '/topics/:region/:account/:name/:tab', title: byName, view: TopicScreen, part: 'topics' },
  { pattern: '/send', title: () => 'Send', view: SendScreen, part: 'send' },
  { pattern: '/send/:region/:account/:name', title: ({ name }) => `Send to ${name}`, view: SendScreen, part: 'send' },
  { pattern: '/events', title: () => 'Events', view: EventsScreen, part: 'events' },
  { pattern: '/clock', title: () => 'Clock', view: ClockScreen, part: 'clock' },
  { pattern: '/faults', title: () => 'Faults', view: FaultsScreen, part: 'faults' },
  { pattern: '/snapshots', title: () => 'Snapshots', view: SnapshotsScreen, part: 'snapshots' },
];
