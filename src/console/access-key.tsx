/** Asks for the access key with which the page signs its requests, if its Squab checks signatures. */

import { useState } from 'preact/hooks';
import { Dialog } from './pieces/dialog.tsx';
import { TextField } from './pieces/field.tsx';
import { Icon } from './pieces/icon.tsx';
import { settings } from './settings.ts';
import { type AccessKey, accessKey } from './signature.ts';

const none: AccessKey = { accessKeyId: '', secretAccessKey: '', sessionToken: '' };

export function AccessKeyButton() {
  const [isOpen, setOpen] = useState(false);
  if (!settings.signed) return null;
  const current = accessKey.value;
  return (
    <>
      <button type="button" class={current ? 'quiet' : undefined} onClick={() => setOpen(true)}>
        <Icon name="key" /> {current ? current.accessKeyId : 'Enter access key'}
      </button>
      {isOpen && <AccessKeyForm onClose={() => setOpen(false)} />}
    </>
  );
}

function AccessKeyForm({ onClose }: { onClose(): void }) {
  const [key, setKey] = useState<AccessKey>(accessKey.value ?? none);
  const set = (changes: Partial<AccessKey>) => setKey({ ...key, ...changes });
  const keep = (event: Event) => {
    event.preventDefault();
    accessKey.value = key.accessKeyId === '' ? undefined : key;
    onClose();
  };
  return (
    <Dialog title="Access key" onClose={onClose}>
      <form onSubmit={keep} noValidate>
        <div class="text">
          <p>
            This Squab checks signatures. To look at queues and messages, you need no key. To send, create, change or
            delete, and to list redrives, the page signs its requests with one. It is forgotten when you close or reload
            the page.
          </p>
          <TextField
            label="Access key ID"
            value={key.accessKeyId}
            onChange={(accessKeyId) => set({ accessKeyId: accessKeyId.trim() })}
          />
          <TextField
            label="Secret access key"
            type="password"
            value={key.secretAccessKey}
            onChange={(secretAccessKey) => set({ secretAccessKey: secretAccessKey.trim() })}
          />
          <TextField
            label="Session token"
            hint="Only for temporary credentials."
            value={key.sessionToken}
            onChange={(sessionToken) => set({ sessionToken: sessionToken.trim() })}
          />
        </div>
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Use
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
