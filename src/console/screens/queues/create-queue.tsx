/** The form that creates a queue. */

import { useState } from 'preact/hooks';
import { queueArn } from '../../../queues/arn.ts';
import { isName } from '../../../queues/characters.ts';
import { home, type Place, type QueueKey, Refusal, sqs } from '../../api.ts';
import { forget, useKept } from '../../kept.ts';
import { Dialog } from '../../pieces/dialog.tsx';
import { CheckField, TextField } from '../../pieces/field.tsx';
import { done } from '../../pieces/toasts.tsx';
import { settings } from '../../settings.ts';
import { AttributeFields } from './attribute-fields.tsx';
import { attributeIn, common, errorOf, ofFifo, rare, type Values } from './attributes.ts';
import { type DeadLetterChoice, DeadLetterFields, policyOf } from './dead-letter-field.tsx';
import { type Tag, TagFields } from './tags.tsx';

const FORM = 'create-queue';
const NAME_ERROR = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length';

interface Props {
  onClose(): void;
  onCreated(queue: QueueKey): void;
}

interface Form {
  name: string;
  isFifo: boolean;
  account: string;
  region: string;
  values: Values;
  deadLetters: DeadLetterChoice;
  tags: readonly Tag[];
}

const start: Form = {
  ...{ name: '', isFifo: false, ...home, values: {}, tags: [] },
  deadLetters: { kind: 'none', name: '', maxReceiveCount: '3' },
};

/** The full name of a queue: that of a FIFO queue ends with `.fifo`. */
function fullName(name: string, isFifo: boolean): string {
  return isFifo ? `${name.replace(/\.fifo$/, '')}.fifo` : name;
}

export function CreateQueue({ onClose, onCreated }: Props) {
  const [form, setForm] = useKept<Form>(FORM, () => start);
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const change = (changes: Partial<Form>) => {
    setRefusal(undefined);
    setForm({ ...form, ...changes });
  };
  const { name, isFifo, values, deadLetters, account, region } = form;
  const plain = name.replace(/\.fifo$/, '');
  const nameError = name !== '' && !isName(plain) ? NAME_ERROR : undefined;
  const refused = refusal === undefined ? undefined : { name: attributeIn(refusal), message: refusal };
  const setValue = (key: string, value: string) => change({ values: { ...values, [key]: value } });
  const attributes = { values, isFifo, onChange: setValue, refused };
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const key = await create(form);
      done(`Created ${key.name}.`);
      forget(FORM);
      onCreated(key);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const cancel = () => {
    forget(FORM);
    onClose();
  };
  return (
    <Dialog title="Create a queue" onClose={onClose} wide>
      <form onSubmit={submit} noValidate>
        <div class="text">
          <div class="fields">
            <TextField
              label="Name"
              hint="Letters, digits, hyphens and underscores; up to 80 characters."
              error={nameError}
              value={name}
              autofocus
              suffix={isFifo && !name.endsWith('.fifo') ? '.fifo' : undefined}
              onChange={(changed) => change({ name: changed, ...(changed.endsWith('.fifo') && { isFifo: true }) })}
            />
            <CheckField
              label="FIFO queue"
              hint="Keeps the order within each message group, and delivers each message once. A standard queue is quicker to use, and may deliver out of order or twice."
              checked={isFifo}
              onChange={(checked) => change({ isFifo: checked, ...(!checked && { name: plain }) })}
            />
          </div>
          <DeadLetterFields
            choice={deadLetters}
            newName={plain && fullName(`${plain}-dlq`, isFifo)}
            place={form}
            error={policyError(form) ?? (refused?.name === 'RedrivePolicy' ? refused.message : undefined)}
            onChange={(changed) => change({ deadLetters: changed })}
          />
          <AttributeFields attributes={common} {...attributes} />
          {isFifo && <AttributeFields attributes={ofFifo} {...attributes} />}
          <TagFields tags={form.tags} onChange={(tags) => change({ tags })} />
          <details>
            <summary>
              {settings.signed ? 'Policies, encryption, region' : 'Policies, encryption, account and region'}
            </summary>
            <div class="stack">
              <AttributeFields attributes={rare} {...attributes} />
              <div class="fields">
                {!settings.signed && (
                  <TextField
                    label="Account"
                    hint="Twelve digits. Programs use an access key of the same digits to reach it."
                    value={account}
                    onChange={(changed) => change({ account: changed })}
                  />
                )}
                <TextField label="Region" value={region} onChange={(changed) => change({ region: changed })} />
              </div>
            </div>
          </details>
          {refused && refused.name === undefined && (
            <p class="problem" role="alert">
              {refused.message}
            </p>
          )}
        </div>
        <footer>
          <button type="button" onClick={cancel}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy || name === ''}>
            Create queue
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** What SQS would say about the redrive policy. */
function policyError({ deadLetters, isFifo, ...place }: Form): string | undefined {
  if (deadLetters.kind === 'none') return undefined;
  const arn = queueArn({ ...place, name: deadLetters.name || 'a' });
  const text = errorOf('RedrivePolicy', { RedrivePolicy: policyOf(deadLetters, arn) }, isFifo);
  return text === undefined ? undefined : withoutValue(text);
}

/** SQS quotes the whole policy before it says what is wrong with it. */
function withoutValue(text: string): string {
  return text.replace(/^Value \{.*?\} for parameter RedrivePolicy is invalid\. Reason: /, '');
}

/** Creates the queue and, before it, a new dead-letter queue. Throws Refusal. */
async function create({ name, isFifo, account, region, values, deadLetters, tags }: Form): Promise<QueueKey> {
  const place = { account, region };
  const fifo = isFifo ? { FifoQueue: 'true' } : {};
  const plain = name.replace(/\.fifo$/, '');
  const targetName = deadLetters.kind === 'new' ? fullName(`${plain}-dlq`, isFifo) : deadLetters.name;
  const given = Object.fromEntries(
    Object.entries(values).filter(([key, value]) => value !== '' && (isFifo || !isOfFifo(key))),
  );
  const set = tags.filter(({ key }) => key !== '');
  const key = { ...place, name: fullName(name, isFifo) };
  if (deadLetters.kind === 'new') {
    // Messages keep their time of sending, so those in a dead-letter queue need the longest retention.
    const Attributes = { ...fifo, MessageRetentionPeriod: '1209600' };
    await sqs('CreateQueue', { QueueName: targetName, Attributes }, place).catch(keepExisting);
  }
  const owner = deadLetters.kind === 'none' ? account : await ownerOf(targetName, place);
  const policy = policyOf(deadLetters, queueArn({ account: owner, region, name: targetName }));
  const { QueueUrl } = await sqs<{ QueueUrl: string }>(
    'CreateQueue',
    {
      QueueName: key.name,
      Attributes: { ...fifo, ...given, ...(policy && { RedrivePolicy: policy }) },
      ...(set.length > 0 && { tags: Object.fromEntries(set.map((tag) => [tag.key, tag.value])) }),
    },
    place,
  );
  return { ...key, account: accountIn(QueueUrl, account) };
}

/** The account of a queue. If requests are signed, it is that of the access key, whatever the page has chosen. */
async function ownerOf(QueueName: string, place: Place): Promise<string> {
  if (!settings.signed) return place.account;
  const { QueueUrl } = await sqs<{ QueueUrl: string }>('GetQueueUrl', { QueueName }, place);
  return accountIn(QueueUrl, place.account);
}

function accountIn(queueUrl: string, usual: string): string {
  const [account = ''] = new URL(queueUrl).pathname.split('/').slice(-2);
  return settings.signed && /^\d{12}$/.test(account) ? account : usual;
}

const isOfFifo = (name: string) => ofFifo.some((attribute) => attribute.name === name);

/** A queue of this name, with other attributes, does as well. */
function keepExisting(error: unknown): void {
  if (!(error instanceof Refusal) || !/QueueAlreadyExists|QueueNameExists/.test(error.code)) throw error;
}
