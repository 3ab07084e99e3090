/** The operations of SNS that Squab does not have: text messages, and pushes to mobile devices. */

import { SqsError } from '../../errors.ts';
import { operationTable } from '../service.ts';
import { entryMap, memberList, nested, optional, type StructureShape, string, structure } from '../wires/shape.ts';
import { snsOperation } from './sns-operation.ts';

/** Those that only list what exists return nothing; all others are refused. */
const lists: readonly [name: string, output: StructureShape<unknown>, empty: Record<string, unknown>][] = [
  ['ListPhoneNumbersOptedOut', structure({ phoneNumbers: optional(memberList(string)) }), { phoneNumbers: [] }],
  ['ListSMSSandboxPhoneNumbers', structure({ PhoneNumbers: optional(memberList(nested({}))) }), { PhoneNumbers: [] }],
  ['ListOriginationNumbers', structure({ PhoneNumbers: optional(memberList(nested({}))) }), { PhoneNumbers: [] }],
  ['GetSMSAttributes', structure({ attributes: optional(entryMap(string)) }), { attributes: new Map() }],
  [
    'ListPlatformApplications',
    structure({ PlatformApplications: optional(memberList(nested({}))) }),
    { PlatformApplications: [] },
  ],
  ['ListEndpointsByPlatformApplication', structure({ Endpoints: optional(memberList(nested({}))) }), { Endpoints: [] }],
];

const refused: Readonly<Record<string, readonly string[]>> = {
  'text messages (SMS)': [
    'CheckIfPhoneNumberIsOptedOut',
    'CreateSMSSandboxPhoneNumber',
    'DeleteSMSSandboxPhoneNumber',
    'GetSMSSandboxAccountStatus',
    'OptInPhoneNumber',
    'SetSMSAttributes',
    'VerifySMSSandboxPhoneNumber',
  ],
  'pushes to mobile devices': [
    'CreatePlatformApplication',
    'CreatePlatformEndpoint',
    'DeleteEndpoint',
    'DeletePlatformApplication',
    'GetEndpointAttributes',
    'GetPlatformApplicationAttributes',
    'SetEndpointAttributes',
    'SetPlatformApplicationAttributes',
  ],
};

export const unsupported = operationTable([
  ...lists.map(([name, output, empty]) =>
    snsOperation({
      name,
      summary: 'Returns an empty list, since Squab has none of these.',
      input: structure({}),
      output,
      handle: async () => empty,
    }),
  ),
  ...Object.entries(refused).flatMap(([what, names]) =>
    names.map((name) =>
      snsOperation({
        name,
        summary: `Refuses the request, since Squab does not support ${what}.`,
        input: structure({}),
        async handle() {
          throw new SqsError('InvalidAction', `Squab does not support ${what}, and therefore not ${name}.`);
        },
      }),
    ),
  ),
]);
