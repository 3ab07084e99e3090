/** The attributes that the sender gave a message, as a table. */

import type { ContentReport } from '../../../control/journal/reports.ts';
import { bytes } from '../../format.ts';
import { Copy } from '../../pieces/copy.tsx';

export function MessageAttributes({ attributes }: { attributes: NonNullable<ContentReport['attributes']> }) {
  return (
    <section>
      <h3>Message attributes</h3>
      <div class="table plain">
        <table aria-label="Message attributes">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => (
              <tr key={name}>
                <td class="break">{name}</td>
                <td class="muted">{dataType}</td>
                <td>
                  <span class="row">
                    <bdi class="mono break grow">{stringValue ?? binaryValue}</bdi>
                    {binaryValue !== undefined && (
                      <span class="muted tiny">base64, {bytes(Math.floor((binaryValue.length * 3) / 4))}</span>
                    )}
                    <Copy text={stringValue ?? binaryValue ?? ''} label={`Copy the attribute ${name}`} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
