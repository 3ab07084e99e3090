/** Event source mappings (src/storage/mappings.ts). */

import { expect, it } from 'vitest';
import { CatalogueFull, heapBytes } from '../../../src/storage/catalogue-bound.ts';
import type { MappingSettings, NewMapping } from '../../../src/storage/mappings.ts';
import { key, type Subject, T0 } from '../subject.ts';

const settings = (more: Partial<MappingSettings> = {}): MappingSettings => ({
  enabled: true,
  batchSize: 10,
  windowSeconds: 0,
  reportsFailures: false,
  filters: [],
  others: {},
  ...more,
});

const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

const given = (id: string, more: Partial<NewMapping> = {}): NewMapping => ({
  id,
  account: '000000000000',
  region: 'us-east-1',
  queue: key('orders'),
  functionArn: arnOf(id),
  settings: settings(),
  tags: new Map(),
  ...more,
});

/** Settings of every kind, with values that an engine could confuse. */
const everything = settings({
  enabled: false,
  batchSize: 10_000,
  windowSeconds: 300,
  reportsFailures: true,
  filters: ['{"body":["é\\u0000"]}', ''],
  maxConcurrency: 2,
  others: { MetricsConfig: { Metrics: ['EventCount'] }, KMSKeyArn: '' },
});

const odd = new Map(['__proto__', 'a', 'ü'].map((name) => [name, `of ${name}`]));

export function mappings(s: Subject): void {
  const create = async (mapping: NewMapping, now = T0) => (await s.store.mappings.createMapping(mapping, now)).mapping;
  const ids = async (listing = {}) =>
    (await s.store.mappings.listMappings({ limit: 100, ...listing })).map(({ id }) => id);

  it('a created mapping is found as it was given', async () => {
    const mapping = await create(given('a', { settings: everything, tags: odd }));
    expect(mapping).toMatchObject({
      ...given('a', { settings: everything, tags: odd }),
      createdAt: T0,
      modifiedAt: T0,
      revision: 0,
    });
    const found = await s.store.mappings.findMapping('a');
    expect(found).toEqual(mapping);
    expect([...found!.tags]).toEqual([...odd]);
    expect(await s.store.mappings.findMapping('b')).toBeUndefined();
  });

  it('a second mapping of a function for a queue is not created', async () => {
    const first = await create(given('a'));
    const second = given('b', { functionArn: arnOf('a'), settings: everything });
    expect(await s.store.mappings.createMapping(second, T0 + 1)).toEqual({ mapping: first, created: false });
    for (const [index, place] of [{ account: '1' }, { region: 'eu-west-1' }, { name: 'other' }].entries()) {
      const elsewhere = given(`c${index}`, { functionArn: arnOf('a'), queue: { ...key('orders'), ...place } });
      expect((await s.store.mappings.createMapping(elsewhere, T0)).created).toBe(true);
    }
    expect(await ids()).toEqual(['a', 'c0', 'c1', 'c2']);
  });

  it('there are at most 1,000 mappings, with 8 million characters, or fewer in a small heap', async () => {
    const million = Math.min(1_000_000, heapBytes() / 640 / 8);
    const text = (millions: number) => 'x'.repeat(millions * million);
    const long = (millions: number) => settings({ filters: [text(millions)] });
    await create(given('a', { settings: long(4) }));
    await create(given('b', { settings: long(3) }));
    const { mappings } = s.store;
    await expect(create(given('c', { settings: long(1.5) }))).rejects.toThrow(CatalogueFull);
    await expect(create(given('c', { tags: new Map([['long', text(1.5)]]) }))).rejects.toThrow(CatalogueFull);
    await expect(mappings.changeMapping('b', { settings: long(4.5) }, T0)).rejects.toThrow(CatalogueFull);
    expect(await ids()).toEqual(['a', 'b']);
    await mappings.changeMapping('b', { settings: long(1) }, T0);
    await create(given('c', { settings: long(1.5) }));
    await mappings.removeMappings({});
    for (let index = 0; index < 1000; index++) await create(given(`m${index}`));
    await expect(create(given('one more'))).rejects.toThrow(CatalogueFull);
    // What there is can be changed, and is found instead of being created again.
    await mappings.changeMapping('m0', { tags: new Map([['a', 'b']]) }, T0).catch(() => {});
    expect(await mappings.createMapping(given('another', { functionArn: arnOf('m7') }), T0)).toMatchObject({
      created: false,
    });
    await mappings.deleteMapping('m0');
    await create(given('one more'));
  });

  it('of two mappings that are created in one turn for a queue and a function, one is', async () => {
    const create = (id: string) => s.store.mappings.createMapping(given(id, { functionArn: 'same' }), T0);
    const both = await s.inTurn(
      () => create('a'),
      () => create('b'),
    );
    expect(both.map(({ created }) => created)).toEqual([true, false]);
    expect(await ids()).toEqual(['a']);
  });

  it('mappings are listed in the order of their creation, by owner, queue and function, in portions', async () => {
    await create(given('z'));
    await create(given('y', { queue: key('other') }));
    await create(given('x', { account: '111111111111' }));
    await create(given('w', { region: 'eu-west-1' }));
    expect(await ids()).toEqual(['z', 'y', 'x', 'w']);
    expect(await ids({ account: '000000000000', region: 'us-east-1' })).toEqual(['z', 'y']);
    expect(await ids({ queue: key('other') })).toEqual(['y']);
    expect(await ids({ functionArn: arnOf('x') })).toEqual(['x']);
    expect(await ids({ functionArn: arnOf('x'), queue: key('other') })).toEqual([]);
    const [first, second] = await s.store.mappings.listMappings({ limit: 2 });
    expect([first!.id, second!.id]).toEqual(['z', 'y']);
    expect(await ids({ after: second!.place, limit: 1 })).toEqual(['x']);
  });

  it('a change makes a new mapping, and leaves what it does not mention', async () => {
    const before = await create(given('a', { tags: odd }));
    const after = await s.store.mappings.changeMapping('a', { settings: everything }, T0 + 5);
    expect(after).toEqual({ ...before, settings: everything, modifiedAt: T0 + 5, revision: 1 });
    expect(before.settings).toEqual(settings());
    expect(await s.store.mappings.findMapping('a')).toEqual(after);
    const renamed = await s.store.mappings.changeMapping('a', { functionArn: arnOf('b') }, T0 + 6);
    expect(renamed).toMatchObject({ functionArn: arnOf('b'), settings: everything, revision: 2 });
    expect(await s.store.mappings.changeMapping('none', { functionArn: arnOf('b') }, T0)).toBeUndefined();
  });

  it('a change of tags alone is no modification, and must not exceed the limit', async () => {
    await create(given('a', { tags: new Map([['kept', '1']]) }));
    const tags = new Map([
      ['kept', undefined],
      ['new', '2'],
    ]);
    const changed = await s.store.mappings.changeMapping('a', { tags, tagsMax: 1 }, T0 + 5);
    expect(changed).toMatchObject({ tags: new Map([['new', '2']]), modifiedAt: T0, revision: 1 });
    const more = { tags: new Map([['third', '3']]), tagsMax: 1 };
    expect(await s.store.mappings.changeMapping('a', more, T0)).toBe('over-limit');
    expect(await s.store.mappings.findMapping('a')).toEqual(changed);
  });

  it('a change that expects another revision, or another mapping of the function and queue, changes nothing', async () => {
    const mapping = await create(given('a'));
    await create(given('b'));
    const outdated = { settings: everything, expected: 1 };
    expect(await s.store.mappings.changeMapping('a', outdated, T0 + 1)).toBe('outdated');
    const taken = { functionArn: arnOf('b'), settings: everything };
    expect(await s.store.mappings.changeMapping('a', taken, T0 + 1)).toBe('taken');
    expect(await s.store.mappings.findMapping('a')).toEqual(mapping);
    const same = { functionArn: arnOf('a'), expected: 0 };
    expect(await s.store.mappings.changeMapping('a', same, T0 + 1)).toMatchObject({ revision: 1 });
  });

  it('a deleted mapping is gone, and its place is never used again', async () => {
    const mapping = await create(given('a'));
    expect(await s.store.mappings.deleteMapping('a')).toEqual(mapping);
    expect(await s.store.mappings.deleteMapping('a')).toBeUndefined();
    expect(await ids()).toEqual([]);
    expect((await create(given('a'))).place).toBeGreaterThan(mapping.place);
  });

  it('mappings are removed by the account, the region and the name of their queues', async () => {
    const make = (id: string, place: object) => create(given(id, { queue: { ...key('test-1'), ...place } }));
    const ours = await make('a', {});
    await make('b', { name: 'kept' });
    await make('c', { account: '1' });
    await make('d', { region: 'eu-west-1' });
    const scope = { account: ours.account, region: ours.region, prefix: 'test-' };
    expect(await s.store.mappings.removeMappings(scope)).toEqual([ours]);
    expect(await ids()).toEqual(['b', 'c', 'd']);
    expect(await s.store.mappings.removeMappings({})).toHaveLength(3);
    expect(await s.store.mappings.removeMappings({})).toEqual([]);
  });

  it('a restored snapshot has the mappings that it was taken with', async () => {
    const mapping = await create(given('a', { settings: everything, tags: odd }));
    await s.states.takeSnapshot('before', T0);
    await s.store.mappings.changeMapping('a', { settings: settings() }, T0 + 1);
    await create(given('b'));
    for (let round = 0; round < 2; round++) {
      await s.states.restoreSnapshot('before', T0 + 1);
      expect(await s.store.mappings.listMappings({ limit: 10 })).toEqual([mapping]);
      await s.store.mappings.deleteMapping('a');
    }
    expect((await create(given('c'))).place).toBeGreaterThan(mapping.place);
  });

  it('a mapping that cannot be stored is not, and other verbs of the turn have their effects', async () => {
    // As JSON, this would refer to itself.
    const others: Record<string, unknown> = {};
    others.self = others;
    const failing = s.store.mappings.createMapping(given('a', { settings: settings({ others }) }), T0);
    const created = s.store.mappings.createMapping(given('b'), T0);
    await expect(failing).rejects.toThrow();
    expect((await created).created).toBe(true);
    expect(await ids()).toEqual(['b']);
  });
}

/** Mappings are part of the data. */
export function keptMappings(s: Subject): void {
  it('keeps event source mappings', async () => {
    const { mapping } = await s.store.mappings.createMapping(given('a', { settings: everything, tags: odd }), T0);
    await s.store.mappings.createMapping(given('b'), T0);
    await s.store.mappings.deleteMapping('b');
    await s.restart();
    expect(await s.store.mappings.listMappings({ limit: 10 })).toEqual([mapping]);
  });
}
