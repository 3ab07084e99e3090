/** HOCON, by the examples and rules of its specification. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: HOCON's
import { describe, expect, it } from 'vitest';
import { readHocon } from '../../src/queue-files/syntax/hocon.ts';
import { Findings, plain } from '../../src/queue-files/syntax/tree.ts';

function parsed(text: string, files: Record<string, string> = {}, environment: Record<string, string> = {}): unknown {
  const surroundings = { readFile: (path: string) => files[path], environment };
  return plain(readHocon(text, 'f.conf', surroundings, new Findings()).root);
}

describe('HOCON', () => {
  it('has comments, paths as keys, merged objects, lists, and strings with and without quotes', () => {
    const text = `
      # A comment, and // another
      a.b.c = 1, a { b { d : two words } }   // after a value
      "quoted.key" = "with \\"quotes\\" and # no comment"
      two words = 3
      long = """three
"quotes" """
      list = [1, 2
        three, { x = y }]
      on = true, none = null, n = -1.5
      last = 1
      last = { now = object }
      a/b = c/d`;
    expect(parsed(text)).toEqual({
      a: { b: { c: 1, d: 'two words' } },
      'quoted.key': 'with "quotes" and # no comment',
      'two words': 3,
      long: 'three\n"quotes" ',
      list: [1, 2, 'three', { x: 'y' }],
      ...{ on: true, none: null, n: -1.5, last: { now: 'object' }, 'a/b': 'c/d' },
    });
  });

  it.each<[string, string, unknown]>([
    [
      'a string with others',
      'url = "http://"${HOST}":"${a.e}/path, a.e = 9324',
      { url: 'http://mq.local:9324/path', a: { e: 9324 } },
    ],
    ['a variable of the environment', 'a = ${HOST}', { a: 'mq.local' }],
    ['no value, which leaves the earlier one', 'a = 1, a = ${?NOT_SET}', { a: 1 }],
    [
      'no value, which leaves no key',
      'a = ${?NOT_SET}, b = [1, ${?NOT_SET}, 2], c = x${?NOT_SET}y',
      { b: [1, 2], c: 'xy' },
    ],
    ['a path with quoted keys', '"a.b" { c = 1 }, d = ${"a.b".c}', { 'a.b': { c: 1 }, d: 1 }],
    [
      'an object that is merged with the one behind it',
      'a { x = 1, y = 1 }, b = ${a} { y = 2 }',
      { a: { x: 1, y: 1 }, b: { x: 1, y: 2 } },
    ],
    ['an object that is defined later', 'b = ${a} { y = 2 }, a { x = 1 }', { b: { x: 1, y: 2 }, a: { x: 1 } }],
    ['an object that a later key adds to', 'b = ${a}, b.y = 2, a { x = 1 }', { b: { x: 1, y: 2 }, a: { x: 1 } }],
    [
      'objects in several places',
      'c = ${a} ${b} { z = 3 }, a { x = 1 }, b { x = 2 }',
      { c: { x: 2, z: 3 }, a: { x: 1 }, b: { x: 2 } },
    ],
    [
      'a part of an object that refers to others',
      'a = ${b} { d = ${a.c}, c = 1 }, b { e = 2 }',
      { a: { e: 2, d: 1, c: 1 }, b: { e: 2 } },
    ],
    ['lists that are joined', 'a = [1] [2], b = ${a} [3]', { a: [1, 2], b: [1, 2, 3] }],
    ['its own earlier value', 'path = "a", path = ${path}":b"', { path: 'a:b' }],
    ['its own earlier object', 'a { x = 1 }, a = ${a} { y = 2 }, a { z = 3 }', { a: { x: 1, y: 2, z: 3 } }],
    ['an earlier value of itself that is optional', 'a = ${?a}foo', { a: 'foo' }],
    // The following are from the specification, "Examples of Self-Referential Substitutions".
    [
      'a neighbour, with its final value',
      'bar { foo = 42, baz = ${bar.foo} }, bar { foo = 43 }',
      { bar: { foo: 43, baz: 43 } },
    ],
    [
      'values that refer to each other',
      'bar { a = ${foo.d}, b = 1 }, bar.b = 3, foo { c = ${bar.b}, d = 2 }, foo.d = 4',
      { bar: { a: 4, b: 3 }, foo: { c: 3, d: 4 } },
    ],
    ['a part of its own earlier value', 'foo { a { c = 1 } }, foo = ${foo.a}, foo { a = 2 }', { foo: { a: 2, c: 1 } }],
  ])('substitutes %s', (_what, text, value) => {
    expect(parsed(text, {}, { HOST: 'mq.local' })).toEqual(value);
  });

  it('adds to lists with +=, including a list behind a substitution and a missing one', () => {
    expect(parsed('a += 1, a += 2, b = [x], b += y, c = ${a}, c += { k = v }, c += 3')).toEqual({
      ...{ a: [1, 2], b: ['x', 'y'], c: [1, 2, { k: 'v' }, 3] },
    });
    expect(() => parsed('a = 1, a += 2')).toThrow('f.conf:1:8: += adds to a list, but the value is not a list.');
  });

  it('includes files, whose paths are relative to the object that includes them', () => {
    const files = {
      'base.conf': 'x = 1, y = ${x}, z = ${outside}',
      'data.json': '{ "list": [1, 2] }',
      'teams/a.conf': 'include "b.conf", here = a',
      'teams/b.conf': 'include "../base", there = b',
    };
    const text =
      'include file("data.json"), deep { include "base.conf", x = 2 }, outside = here, t { include "teams/a" }';
    expect(parsed(text, files)).toEqual({
      list: [1, 2],
      deep: { x: 2, y: 2, z: 'here' },
      outside: 'here',
      t: { x: 1, y: 1, z: 'here', there: 'b', here: 'a' },
    });
    expect(() => parsed('include "a"', { 'a.conf': 'b { include "a.conf" }' })).toThrow(
      'a.conf:1:5: "a.conf" includes itself.',
    );
    expect(() => parsed('include "a.conf"', { 'a.conf': 'x = {' })).toThrow(
      'a.conf:1:6: the brace opened at a.conf:1:5 is never closed',
    );
  });

  it('has a key that is called include', () => {
    expect(parsed('include = 1, a.include = 2, b { include : 3 }')).toEqual({
      include: 1,
      a: { include: 2 },
      b: { include: 3 },
    });
  });

  it.each([
    ['a = ${b}, b = ${a}', 'refers to itself'],
    ['a = { b = ${a} }', 'f.conf:1:11: ${a} refers to itself.'],
    ['a = ${a}', 'refers to itself|is defined neither'],
    ['a = ${b} x, b = ${a} y', 'refers to itself'],
    ['a = ${b}', 'f.conf:1:5: b is defined neither in this file nor in the environment.'],
    ['a = [1] x', 'a list or an object cannot be joined with another value'],
    ['a = { b = 1 } x', 'a list or an object cannot be joined with another value'],
    ['a = ${b} x, b { c = 1 }', 'a list or an object cannot be joined with another value'],
    ['a = """b', 'f.conf:1:5: the string is never closed.'],
    ['a = ${b', 'f.conf:1:8: the brace opened at f.conf:1:5 is never closed'],
  ])('rejects %s', (text, problem) => {
    expect(() => parsed(text)).toThrow(new RegExp(problem.replace(/[.${}()+[\]]/g, '\\$&')));
  });

  it('cannot become endless by substitutions', () => {
    const doubling = (link: (next: string) => string) =>
      [...Array.from({ length: 60 }, (_, index) => `v${index} = ${link(`\${v${index + 1}}`)}`), 'v60 = {}, s = x'].join(
        '\n',
      );
    expect(() => parsed(doubling((next) => `${next} ${next}`))).toThrow(
      /the substitutions take too many steps|more than 100 levels/,
    );
    expect(() => parsed(doubling((next) => `{ a = ${next}, b = ${next} }`))).toThrow(
      /the substitutions take too many steps|more than 100 levels/,
    );
    expect(() => parsed(doubling((next) => `[${next}, ${next}]`))).toThrow(
      /the substitutions take too many steps|more than 100 levels/,
    );
    const text = doubling((next) => `${next}${next}`).replace('v60 = {}', 'v60 = xx');
    expect(() => parsed(text)).toThrow(/more than 1000000 characters|too many steps|more than 100 levels/);
    expect(() => parsed(`a = ${'{ a = '.repeat(5000)}`)).toThrow('more than 100 levels of nesting');
    const chain = Array.from({ length: 5000 }, (_, index) => `v${index} = \${v${index + 1}}`).join('\n');
    expect(() => parsed(`${chain}\nv5000 = 1`)).toThrow('more than 100 levels of nesting');
  });
});
