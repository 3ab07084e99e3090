/** The screen Faults: the rules by which requests fail, and how often each has done so. */

import { useState } from 'preact/hooks';
import type { ListedFaultRule } from '../../control/faults/fault-rule.ts';
import { control } from '../api.ts';
import { count, counted } from '../format.ts';
import { useLive } from '../live.ts';
import { confirm } from '../pieces/dialog.tsx';
import { Empty, Problem } from '../pieces/empty.tsx';
import { Icon } from '../pieces/icon.tsx';
import { type Column, Table } from '../pieces/table.tsx';
import { attempt } from '../pieces/toasts.tsx';
import { settings } from '../settings.ts';
import { type Draft, draftOf, EXAMPLES, newDraft, ruleOf } from './fault-draft.ts';
import { FaultForm } from './fault-form.tsx';
import { isUsedUp, wordsOfEffect, wordsOfMatch, wordsOfTrigger } from './fault-words.ts';

interface Overview {
  seed: number;
  rules: ListedFaultRule[];
}

const pathOf = (id: string) => `/faults/${encodeURIComponent(id)}`;

export function FaultsScreen() {
  const { data, error, refresh } = useLive((signal) => control<Overview>('GET', '/faults', undefined, signal), []);
  const [editing, setEditing] = useState<{ draft: Draft; form: string; id?: string } | undefined>(undefined);
  /** Rules that were switched off here. Squab does not keep them. */
  const [off, setOff] = useState<readonly ListedFaultRule[]>([]);
  const rules = data?.rules ?? [];
  const shown = [...rules, ...off.filter(({ id }) => rules.every((rule) => rule.id !== id))];
  const isOff = ({ id }: ListedFaultRule) => rules.every((rule) => rule.id !== id);
  const forget = (id: string) => setOff((before) => before.filter((rule) => rule.id !== id));

  const switchOff = async (rule: ListedFaultRule) => {
    const removed = () => control('DELETE', pathOf(rule.id));
    if (await attempt(removed, `Switched the rule ${rule.id} off.`)) setOff((before) => [...before, rule]);
    refresh();
  };
  const switchOn = async (rule: ListedFaultRule) => {
    const added = () => control('PUT', pathOf(rule.id), { ...ruleOf(draftOf(rule)) });
    if (await attempt(added, `Switched the rule ${rule.id} on. It counts from 0 again.`)) forget(rule.id);
    refresh();
  };
  const remove = async (rule: ListedFaultRule) => {
    if (isOff(rule)) return forget(rule.id);
    const text = (
      <p>
        {wordsOfEffect(rule.effect)}: it has been triggered {counted(rule.triggered, 'time')}.
      </p>
    );
    if (!(await confirm({ title: `Remove the rule ${rule.id}?`, text, action: 'Remove rule' }))) return;
    await attempt(() => control('DELETE', pathOf(rule.id)), `Removed the rule ${rule.id}.`);
    refresh();
  };
  const clear = async () => {
    const text = <p>Requests then succeed again.</p>;
    const title = `Remove ${rules.length === 1 ? 'the only rule' : `all ${rules.length} rules`}?`;
    if (!(await confirm({ title, text, action: 'Remove all' }))) return;
    await attempt(() => control('DELETE', '/faults'), 'Removed all fault rules.');
    refresh();
  };

  return (
    <div class="stack">
      <div class="spread">
        <div>
          <h1>Faults</h1>
          <p class="muted">Make requests fail on purpose, to see how a program copes.</p>
        </div>
        {!settings.readOnly && (
          <div class="row">
            {rules.length > 0 && (
              <button type="button" class="danger soft" onClick={clear}>
                Remove all
              </button>
            )}
            <button type="button" class="primary" onClick={() => setEditing({ draft: newDraft(), form: 'fault' })}>
              <Icon name="plus" /> Add rule
            </button>
          </div>
        )}
      </div>
      <Problem error={error} />
      {data && shown.length > 0 && (
        <Table
          label="Fault rules"
          columns={columnsOf({
            isOff,
            edit: (rule) => setEditing({ draft: draftOf(rule), form: `fault ${rule.id}`, id: rule.id }),
            toggle: (rule) => (isOff(rule) ? switchOn(rule) : switchOff(rule)),
            remove,
          })}
          rows={shown}
          keyOf={({ id }) => id}
          rowClass={(rule) => (isOff(rule) ? 'gone' : undefined)}
        />
      )}
      {data && shown.length === 0 && (
        <NoRules onChoose={(name, draft) => setEditing({ draft, form: `example ${name}` })} />
      )}
      {editing && (
        <FaultForm
          {...editing}
          onClose={() => setEditing(undefined)}
          onSaved={() => {
            if (editing.id !== undefined) forget(editing.id);
            setEditing(undefined);
            refresh();
          }}
        />
      )}
    </div>
  );
}

function NoRules({ onChoose }: { onChoose(name: string, draft: Draft): void }) {
  return (
    <Empty title="All requests are carried out">
      <p>A fault rule makes some of them fail, arrive late, or get lost.</p>
      {!settings.readOnly && (
        <div class="row centered">
          {EXAMPLES.map(({ name, draft }) => (
            <button key={name} type="button" onClick={() => onChoose(name, draft)}>
              {name}
            </button>
          ))}
        </div>
      )}
    </Empty>
  );
}

interface Actions {
  isOff(rule: ListedFaultRule): boolean;
  edit(rule: ListedFaultRule): void;
  toggle(rule: ListedFaultRule): void;
  remove(rule: ListedFaultRule): void;
}

function columnsOf({ isOff, edit, toggle, remove }: Actions): Column<ListedFaultRule>[] {
  const actionsOf = (rule: ListedFaultRule) => (
    <span class="actions">
      <button type="button" class="quiet" aria-label={`Edit ${rule.id}`} onClick={() => edit(rule)}>
        Edit
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Switch ${rule.id} ${isOff(rule) ? 'on' : 'off'}`}
        onClick={() => toggle(rule)}
      >
        {isOff(rule) ? 'On' : 'Off'}
      </button>
      <button type="button" class="quiet icon" aria-label={`Remove ${rule.id}`} onClick={() => remove(rule)}>
        <Icon name="trash" />
      </button>
    </span>
  );
  const columns: Column<ListedFaultRule>[] = [
    {
      key: 'rule',
      head: 'Rule',
      class: 'event-text',
      cell: (rule) => (
        <>
          <strong>{wordsOfEffect(rule.effect)}</strong> {isOff(rule) && <span class="badge">off</span>}
          {isUsedUp(rule) && <span class="badge">used up</span>}
          <span class="rule-words muted">
            {wordsOfMatch(rule)} · {wordsOfTrigger(rule)}
          </span>
          {!settings.readOnly && <span class="narrow below">{actionsOf(rule)}</span>}
        </>
      ),
    },
    { key: 'id', head: 'ID', class: 'mono wide nowrap', cell: ({ id }) => id },
    { key: 'matched', head: 'Matched', class: 'number wide', cell: ({ matched }) => count(matched) },
    {
      key: 'triggered',
      head: 'Triggered',
      class: 'number',
      cell: ({ triggered }) => <strong>{count(triggered)}</strong>,
    },
  ];
  if (settings.readOnly) return columns;
  const actions: Column<ListedFaultRule> = {
    key: 'actions',
    head: <span class="hidden-text">Actions</span>,
    class: 'number wide',
    cell: actionsOf,
  };
  return [...columns, actions];
}
