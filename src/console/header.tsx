/** The top of the page: navigation, the clock, and how the page behaves. */

import { AccessKeyButton } from './access-key.tsx';
import { ClockIndicator } from './clock-indicator.tsx';
import { isPaused, refreshAll } from './live.ts';
import { Icon } from './pieces/icon.tsx';
import { settings } from './settings.ts';
import { type Theme, theme } from './theme.ts';

const NAMES: Readonly<Record<string, string>> = {
  ...{ queues: 'Queues', topics: 'Topics', send: 'Send', events: 'Events' },
  ...{ clock: 'Clock', faults: 'Faults', snapshots: 'Snapshots' },
};

export function Header({ parts, current }: { parts: readonly string[]; current: string | undefined }) {
  const shown = settings.readOnly ? parts.filter((part) => part !== 'send') : parts;
  return (
    <header class="top">
      <a class="brand" href="#/queues" title={`Squab ${settings.version}`}>
        <Icon name="brand" /> Squab
      </a>
      <nav aria-label="Screens">
        {shown.map((part) => (
          <a key={part} href={`#/${part}`} aria-current={part === current ? 'page' : undefined}>
            {NAMES[part]}
          </a>
        ))}
      </nav>
      <div class="tools">
        <ClockIndicator />
        {settings.readOnly && <span class="badge">read-only</span>}
        <AccessKeyButton />
        <LiveSwitch />
        <ThemeSwitch />
      </div>
    </header>
  );
}

function LiveSwitch() {
  const paused = isPaused.value;
  return (
    <span class="joined">
      <button
        type="button"
        class="quiet live"
        aria-pressed={!paused}
        title={paused ? 'Updates are paused' : 'Updates every second'}
        onClick={() => {
          isPaused.value = !paused;
        }}
      >
        <span class={paused ? 'dot' : 'dot on'} /> {paused ? 'Paused' : 'Live'}
      </button>
      {paused && (
        <button type="button" class="quiet" onClick={refreshAll}>
          <Icon name="refresh" /> <span class="wide">Refresh</span>
        </button>
      )}
    </span>
  );
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

function ThemeSwitch() {
  const current = theme.value;
  const label = `Colors: ${current === 'system' ? 'as the system' : current}. Change to ${NEXT[current]}`;
  return (
    <button
      type="button"
      class="quiet icon"
      aria-label={label}
      title={label}
      onClick={() => {
        theme.value = NEXT[current];
      }}
    >
      <Icon name={current} />
    </button>
  );
}
