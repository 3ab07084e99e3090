/**
 * The parameters of a Query request, whose names express nesting by dots: `MessageAttribute.1.Value.DataType=String`.
 * Clients spell the names in several ways (`Attribute.1`, `Attributes.1`, `Attributes.entry.1`,
 * `AttributeNames.member.1`); all of them are accepted.
 */

import type { Member, Shape, StructureShape } from './shape.ts';

export interface FormNode {
  value: string | undefined;
  children: Map<string, FormNode>;
}

/** Limits on the levels and characters of a name, which no name in SQS reaches; parameters over a limit are ignored. */
const DEEPEST = 8;
const LONGEST_NAME = 500;

/**
 * Arranges parameters in a tree by the dots in their names. If a name occurs several times, its first value counts.
 */
export function formTree(
  parameters: Iterable<readonly [name: string, value: string | string[] | undefined]>,
): FormNode {
  const root = node();
  for (const [name, value] of parameters) {
    if (name.length > LONGEST_NAME) continue;
    const steps = name.split('.', DEEPEST + 1);
    if (steps.length > DEEPEST) continue;
    let place = root;
    for (const [index, step] of steps.entries()) {
      // `member.1` and `entry.1` are alternative spellings of `1`.
      if ((step === 'member' || step === 'entry') && /^\d+$/.test(steps[index + 1] ?? '')) continue;
      let child = place.children.get(step);
      if (!child) {
        child = node();
        place.children.set(step, child);
      }
      place = child;
    }
    place.value ??= Array.isArray(value) ? value[0] : value;
  }
  return root;
}

/**
 * Converts a form to input that the shape's schema can validate. A value that is not a valid number or boolean stays a
 * string. If a map has a key twice, under different numbers, its last value counts, as in JSON; AWS documents no error
 * for that, and moto and LocalStack do the same.
 */
export function decodeForm(shape: Shape, form: FormNode): unknown {
  switch (shape.kind) {
    case 'structure':
      return decodeStructure(shape, form);
    case 'list':
      return items(form).map((item) => decodeForm(shape.member, item));
    case 'map':
      return new Map(
        entries(form, shape.queryKey).map((item) => [
          part(item, shape.queryKey)?.value ?? '',
          decodeForm(shape.value, part(item, shape.queryValue) ?? node()),
        ]),
      );
    case 'integer':
      return form.value !== undefined && /^[+-]?\d{1,15}$/.test(form.value) ? Number(form.value) : form.value;
    case 'boolean':
      return form.value === 'true' || form.value === 'false' ? form.value === 'true' : form.value;
    default:
      return form.value;
  }
}

/** Clients of SNS spell `key` and `value` either way. */
function part(item: FormNode, name: string): FormNode | undefined {
  return item.children.get(name) ?? item.children.get(`${name[0]!.toUpperCase()}${name.slice(1)}`);
}

function decodeStructure(shape: StructureShape<unknown>, form: FormNode): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const place = spellings(name, member)
      .map((spelling) => form.children.get(spelling))
      .find((found) => found !== undefined);
    if (place) result[name] = decodeForm(member.shape, place);
    // In a form, an empty flattened list looks the same as an absent one.
    else if (member.required && member.shape.kind === 'list' && !member.shape.wrapped) result[name] = [];
  }
  return result;
}

function spellings(name: string, { shape }: Member): string[] {
  if ((shape.kind !== 'list' && shape.kind !== 'map') || shape.wrapped) return [name];
  const names = [shape.queryName, name, name.replace(/s$/, ''), `${name[0]!.toUpperCase()}${name.slice(1)}`];
  // `Action` names the operation, so it cannot be a spelling of AddPermission's `Actions`.
  return names.filter((spelling) => spelling !== 'Action');
}

/** Returns the numbered children in numerical order. `AttributeName=All`, without a number, is a list of one item. */
function items(form: FormNode): FormNode[] {
  const numbered = [...form.children].filter(([step]) => /^\d+$/.test(step));
  if (numbered.length === 0 && form.value !== undefined && form.value !== '') return [form];
  return numbered.sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);
}

/**
 * Returns the entries of a map, in numerical order. `Attribute.Name` and `Attribute.Value`, without a number, are a map
 * with one entry, as boto 2 sends it.
 */
function entries(form: FormNode, queryKey: string): FormNode[] {
  const numbered = items(form);
  return numbered.length === 0 && form.children.has(queryKey) ? [form] : numbered;
}

function node(): FormNode {
  return { value: undefined, children: new Map() };
}
