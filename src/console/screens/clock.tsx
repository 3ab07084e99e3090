/** The screen Clock: freezes and moves the time of SQS, and shows what happens next. */

import { useEffect, useState } from 'preact/hooks';
import type { ClockState } from '../../control/clock/movable-clock.ts';
import type { Upcoming } from '../../control/clock/upcoming.ts';
import { control, Refusal } from '../api.ts';
import { aheadMs, isFrozen, learnClock, now, readClock } from '../clock-state.ts';
import { dateOf, duration, timeOfDay } from '../format.ts';
import { refreshAll, useLive } from '../live.ts';
import { Empty, Problem } from '../pieces/empty.tsx';
import { TextField } from '../pieces/field.tsx';
import { Icon } from '../pieces/icon.tsx';
import { done, failed } from '../pieces/toasts.tsx';
import { settings } from '../settings.ts';
import { machineNow } from '../timing.ts';
import { UpcomingEvents } from './upcoming-events.tsx';

/** A difference that a slow request can explain is not shown. */
const NOTABLE_MS = 2000;

/** An event that is due for this long has happened, although the list may not know it yet. */
const PASSED_MS = 1500;

const STEPS = ['30 s', '5 min', '1 h', '12 h', '14 d'] as const;

export function ClockScreen() {
  useLive(readClock, []);
  const { data, error, refresh } = useLive(
    (signal) => control<{ events: Upcoming[] }>('GET', '/clock/upcoming?limit=20', undefined, signal),
    [],
    2000,
  );
  // Whoever moves the clock, what happens next is something else then.
  useEffect(refresh, [isFrozen.value, Math.round(aheadMs.value / 5000)]);
  const due = data?.events.filter(({ at }) => Date.parse(at) > now.value - PASSED_MS) ?? [];
  const [isBusy, setBusy] = useState(false);
  /** Does what a button asks for. Resolves to the refusal, if there is one. */
  const act = async (path: string, body: Record<string, unknown> | undefined, text: string) => {
    setBusy(true);
    try {
      learnClock(await control<ClockState>('POST', `/clock/${path}`, body));
      done(text);
      refreshAll();
      refresh();
      return undefined;
    } catch (thrown) {
      return thrown;
    } finally {
      setBusy(false);
    }
  };
  const moveTo = async (at: string, text: string) => {
    const refused = await act('set', { to: at }, text);
    if (refused) failed(refused);
  };
  return (
    <div class="stack">
      <h1>Clock</h1>
      <Face />
      {!settings.readOnly && <Controls isBusy={isBusy} act={act} moveTo={moveTo} />}
      <section class="stack tight" aria-labelledby="next">
        <h2 id="next">What happens next</h2>
        <Problem error={error} />
        {data && due.length === 0 && (
          <Empty title="Nothing is due">
            <p>No message is delayed, in flight, or about to expire. What becomes due is listed here.</p>
          </Empty>
        )}
        {due.length > 0 && (
          <UpcomingEvents
            events={due}
            isBusy={isBusy}
            moveTo={settings.readOnly ? undefined : (at) => moveTo(at, 'Moved the clock to this event.')}
          />
        )}
      </section>
    </div>
  );
}

/** The time of SQS, and how it differs from the machine's. */
function Face() {
  const instant = now.value;
  return (
    <section class={isFrozen.value ? 'card clock frozen' : 'card clock'} aria-label="The time of SQS">
      <p class="clock-time">{timeOfDay(instant)}</p>
      <div class="clock-more">
        <p>{dateOf(instant)}</p>
        <p class="mono muted">{new Date(instant).toISOString().replace(/\.\d+Z/, 'Z')}</p>
      </div>
      <ClockWords />
    </section>
  );
}

function ClockWords() {
  const ahead = aheadMs.value;
  const differs = Math.abs(ahead) > NOTABLE_MS;
  const distance = `${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} this machine's clock`;
  const badge = isFrozen.value ? 'Frozen' : differs ? 'Moved' : 'Running';
  return (
    <div class="clock-more grow">
      <p>
        <span class={isFrozen.value || differs ? 'badge clock-badge' : 'badge good'}>{badge}</span>{' '}
        {differs ? <span>{distance}</span> : <span class="muted">as this machine's clock</span>}
      </p>
      <p class="muted">
        {isFrozen.value
          ? 'Nothing becomes visible, times out or expires until the clock moves.'
          : 'Delays, visibility timeouts, long polls, deduplication and retention follow this clock.'}
      </p>
    </div>
  );
}

interface ControlsProps {
  isBusy: boolean;
  act(path: string, body: Record<string, unknown> | undefined, text: string): Promise<unknown>;
  moveTo(at: string, text: string): Promise<void>;
}

function Controls({ isBusy, act, moveTo }: ControlsProps) {
  const press = async (...given: Parameters<ControlsProps['act']>) => {
    const refused = await act(...given);
    if (refused) failed(refused);
  };
  const resume = () => press('resume', undefined, 'The clock runs.');
  const toggle = () => (isFrozen.value ? resume() : press('freeze', undefined, 'Froze the clock.'));
  const reset = async () => {
    await moveTo(new Date(machineNow()).toISOString(), "The clock shows this machine's time.");
    await resume();
  };
  const isOwn = !isFrozen.value && Math.abs(aheadMs.value) <= NOTABLE_MS;
  return (
    <section class="card padded stack" aria-label="Move the clock">
      <div class="row">
        <button type="button" class="primary" disabled={isBusy} onClick={toggle}>
          {isFrozen.value ? 'Resume' : 'Freeze'}
        </button>
        <button type="button" disabled={isBusy || isOwn} onClick={reset}>
          Back to this machine's time
        </button>
      </div>
      <div class="row">
        <span class="muted">Advance by</span>
        {STEPS.map((step) => (
          <button
            key={step}
            type="button"
            disabled={isBusy}
            onClick={() => press('advance', { by: step.replaceAll(' ', '') }, `Moved the clock forward by ${step}.`)}
          >
            <Icon name="right" /> {step}
          </button>
        ))}
      </div>
      <div class="fields">
        <TypedMove
          label="Another duration"
          hint="Such as 90s, 1h 30m or 3 days. Everything due in that time happens, in order."
          action="Advance"
          isBusy={isBusy}
          move={(text) => act('advance', { by: text }, `Moved the clock forward by ${text}.`)}
        />
        <TypedMove
          label="Set to"
          type="datetime-local"
          hint="In this machine's time zone. The clock can also move back."
          action="Set"
          isBusy={isBusy}
          move={async (text) => {
            const at = new Date(text);
            if (Number.isNaN(at.getTime())) return new Error('Enter a date and a time.');
            return act('set', { to: at.toISOString() }, 'Set the clock.');
          }}
        />
      </div>
    </section>
  );
}

interface TypedMoveProps {
  label: string;
  hint: string;
  action: string;
  type?: 'text' | 'datetime-local';
  isBusy: boolean;
  /** Resolves to why the clock did not move. */
  move(text: string): Promise<unknown>;
}

/** A field with a button that moves the clock. What is refused stays, with the reason beside it. */
function TypedMove({ label, hint, action, type = 'text', isBusy, move }: TypedMoveProps) {
  const [text, setText] = useState('');
  const [error, setError] = useState<string | undefined>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === '') return setError(type === 'text' ? 'Enter a duration.' : 'Enter a date and a time.');
    const refused = await move(text);
    setError(refused instanceof Error ? refused.message : undefined);
    if (!refused) setText('');
    else if (!(refused instanceof Refusal)) failed(refused);
  };
  return (
    <form class="typed" onSubmit={submit} noValidate>
      <TextField
        label={label}
        hint={hint}
        error={error}
        type={type}
        step={type === 'text' ? undefined : 1}
        value={text}
        onChange={(value) => {
          setText(value);
          setError(undefined);
        }}
      />
      <button type="submit" disabled={isBusy}>
        {action}
      </button>
    </form>
  );
}
