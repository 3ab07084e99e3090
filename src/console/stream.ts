/** Follows the events of Squab as they happen. Nothing is followed while the page is hidden, or updates are paused. */

import { effect } from '@preact/signals';
import type { MissedEvents } from '../control/events/events.ts';
import type { EventReport } from '../control/journal/reports.ts';
import { isGone, query } from './api.ts';
import { isPaused } from './live.ts';
import { after } from './timing.ts';

/** More than a person can read. Squab reports the others as missed. */
const PER_SECOND = 20;
/** How many of the latest events the stream starts with. */
const PAST = 100;
const RETRY_MS = 1000;

export interface StreamFilter {
  /** A queue's name, URL or ARN. */
  queue?: string | undefined;
  /** Kinds of events, separated by commas. */
  kind?: string | undefined;
  messageId?: string | undefined;
}

export type Streamed = EventReport | MissedEvents;

/**
 * Calls `listener` for each event that matches the filter, the latest ones of the past first, and `failed` with whether
 * the connection has failed. Returns a function that ends this.
 */
export function follow(
  filter: StreamFilter,
  listener: (event: Streamed) => void,
  failed: (failed: boolean) => void,
): () => void {
  let source: EventSource | undefined;
  let lastEventId: number | undefined;
  let cancel = () => {};
  const close = () => {
    cancel();
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (document.hidden || isPaused.peek()) return;
    source = new EventSource(`/_squab/events?${query({ ...filter, past: PAST, perSecond: PER_SECOND, lastEventId })}`);
    source.onopen = () => failed(false);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as EventReport;
      lastEventId = event.id;
      listener(event);
    };
    source.addEventListener('missed', ({ data }: MessageEvent<string>) => listener(JSON.parse(data) as MissedEvents));
    source.onerror = () => {
      failed(true);
      close();
      cancel = after(RETRY_MS, open);
    };
  };
  document.addEventListener('visibilitychange', open);
  const stopListening = effect(() => {
    void isPaused.value;
    // The banner says when Squab is back.
    void isGone.value;
    open();
  });
  return () => {
    stopListening();
    document.removeEventListener('visibilitychange', open);
    close();
  };
}
