import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { Faults } from '../../../src/storage/sqlite/disk-faults.ts';
import { Turns } from '../../../src/storage/sqlite/turns.ts';

describe('a turn', () => {
  it('is not carried out again if an announcement fails', async () => {
    const connection = openDatabase(undefined);
    let carriedOut = 0;
    const turns = new Turns(connection, new Faults(connection, undefined), {
      writeAdded: () => {},
      beforeCommit: () => {},
      afterCommit: () => {
        throw new Error('The listener failed.');
      },
      afterRollback: () => expect.unreachable(),
    });
    const verbs = [turns.run(() => ++carriedOut), turns.run(() => ++carriedOut)];
    expect(() => turns.flush()).toThrow('The listener failed.');
    expect(await Promise.all(verbs)).toEqual([1, 2]);
    connection.close();
  });
});
