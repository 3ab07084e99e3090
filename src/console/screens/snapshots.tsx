/** The screen Snapshots: takes, restores and drops states of all queues. */

import { useState } from 'preact/hooks';
import type { QueuePage } from '../../control/queues/queues.ts';
import type { Snapshot } from '../../control/snapshots/snapshots.ts';
import { control, Refusal } from '../api.ts';
import { isFrozen, readClock } from '../clock-state.ts';
import { count, counted } from '../format.ts';
import { refreshAll, useLive } from '../live.ts';
import { confirm, Dialog } from '../pieces/dialog.tsx';
import { Empty, Problem } from '../pieces/empty.tsx';
import { CheckField, TextField } from '../pieces/field.tsx';
import { type Column, Table } from '../pieces/table.tsx';
import { Time } from '../pieces/time.tsx';
import { attempt, done, failed } from '../pieces/toasts.tsx';
import { settings } from '../settings.ts';

const pathOf = (name: string, below = '') => `/snapshots/${encodeURIComponent(name)}${below}`;

/** `2 queues and 1 message`, and the topics, if there are any. */
const contentsOf = ({ queues, messages, topics }: Snapshot) =>
  `${topics > 0 ? `${counted(topics, 'topic')}, ` : ''}${counted(queues, 'queue')} and ${counted(messages, 'message')}`;

export function SnapshotsScreen() {
  const { data, error, refresh } = useLive(
    (signal) => control<{ snapshots: Snapshot[] }>('GET', '/snapshots', undefined, signal),
    [],
    2000,
  );
  const [restoring, setRestoring] = useState<Snapshot | undefined>(undefined);
  const drop = async (snapshot: Snapshot) => {
    const text = <p>It holds {contentsOf(snapshot)}. The queues themselves stay as they are.</p>;
    if (!(await confirm({ title: `Drop the snapshot ${snapshot.name}?`, text, action: 'Drop snapshot' }))) return;
    await attempt(() => control('DELETE', pathOf(snapshot.name)), `Dropped the snapshot ${snapshot.name}.`);
    refresh();
  };
  const actionsOf = (snapshot: Snapshot) => (
    <span class="actions">
      <button type="button" aria-label={`Restore ${snapshot.name}`} onClick={() => setRestoring(snapshot)}>
        Restore
      </button>
      <button type="button" class="quiet" aria-label={`Drop ${snapshot.name}`} onClick={() => drop(snapshot)}>
        Drop
      </button>
    </span>
  );
  const columns: Column<Snapshot>[] = [
    {
      key: 'name',
      head: 'Name',
      class: 'break',
      cell: (snapshot) => (
        <>
          <strong>{snapshot.name}</strong>
          {!settings.readOnly && <span class="narrow below snapshot">{actionsOf(snapshot)}</span>}
        </>
      ),
    },
    { key: 'taken', head: 'Taken', class: 'wide', cell: ({ takenAt }) => <Time at={takenAt} exact /> },
    { key: 'queues', head: 'Queues', class: 'number', cell: ({ queues }) => count(queues) },
    { key: 'messages', head: 'Messages', class: 'number', cell: ({ messages }) => count(messages) },
  ];
  const actions: Column<Snapshot> = {
    key: 'actions',
    head: <span class="hidden-text">Actions</span>,
    class: 'number wide',
    cell: actionsOf,
  };
  if (!settings.readOnly) columns.push(actions);
  const snapshots = data?.snapshots ?? [];
  return (
    <div class="stack">
      <div>
        <h1>Snapshots</h1>
        <p class="muted">
          A snapshot holds all queues with their messages, attributes and tags, until Squab stops. Fault rules are not
          part of it.
        </p>
      </div>
      {!settings.readOnly && <Take snapshots={snapshots} onTaken={refresh} />}
      <Problem error={error} />
      {data && snapshots.length > 0 && (
        <Table label="Snapshots" columns={columns} rows={snapshots} keyOf={({ name }) => name} />
      )}
      {data && snapshots.length === 0 && (
        <Empty title="No snapshots yet">
          <p>Set up queues once, take a snapshot, and return to it before each test or each demonstration.</p>
        </Empty>
      )}
      {restoring && <Restore snapshot={restoring} onClose={() => setRestoring(undefined)} />}
    </div>
  );
}

function Take({ snapshots, onTaken }: { snapshots: readonly Snapshot[]; onTaken(): void }) {
  const [name, setName] = useState('');
  const [error, setError] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const take = async (event: Event) => {
    event.preventDefault();
    if (name === '') return setError('Enter a name for the snapshot.');
    const existing = snapshots.find((snapshot) => snapshot.name === name);
    if (existing) {
      const text = <p>A snapshot of this name holds {contentsOf(existing)}. The new one takes its place.</p>;
      if (!(await confirm({ title: `Replace the snapshot ${name}?`, text, action: 'Replace snapshot' }))) return;
    }
    setBusy(true);
    try {
      const taken = await control<Snapshot>('PUT', pathOf(name));
      done(`Took the snapshot ${name}: ${contentsOf(taken)}.`);
      setName('');
      onTaken();
    } catch (thrown) {
      if (thrown instanceof Refusal) setError(thrown.message);
      else failed(thrown);
    }
    setBusy(false);
  };
  return (
    <form class="card padded typed snapshot-form" onSubmit={take} noValidate>
      <TextField
        label="New snapshot"
        hint="Its name, such as fixture or before-import"
        error={error}
        value={name}
        maxLength={80}
        onChange={(value) => {
          setName(value);
          setError(undefined);
        }}
      />
      <button type="submit" class="primary" disabled={isBusy}>
        Take snapshot
      </button>
    </form>
  );
}

/** Asks before a restore, which replaces everything. */
function Restore({ snapshot, onClose }: { snapshot: Snapshot; onClose(): void }) {
  const { data } = useLive((signal) => control<QueuePage>('GET', '/queues?limit=1', undefined, signal), []);
  const [withClock, setWithClock] = useState(isFrozen.peek());
  const restore = async () => {
    const body = { clock: withClock };
    const restored = () => control('POST', pathOf(snapshot.name, '/restore'), body);
    if (await attempt(restored, `Restored ${contentsOf(snapshot)} of ${snapshot.name}.`)) onClose();
    await readClock().catch(() => {});
    refreshAll();
  };
  const present = data ? `The ${counted(data.total, 'queue')} that exist now` : 'The queues that exist now';
  return (
    <Dialog title={`Restore the snapshot ${snapshot.name}?`} onClose={onClose}>
      <div class="text">
        <p>
          {present}, with all their messages, are replaced by the {contentsOf(snapshot)} of the snapshot. Receipt
          handles from before the snapshot are valid again; later ones are not.
        </p>
        <CheckField
          label="Also set the clock to the time of the snapshot"
          hint="So that delays and visibility timeouts have the same time left as they had then"
          checked={withClock}
          onChange={setWithClock}
        />
      </div>
      <footer>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" onClick={restore}>
          Replace everything
        </button>
      </footer>
    </Dialog>
  );
}
