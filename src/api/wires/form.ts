/**
 * The parameters of a Query request, which spell nested input with dots: `MessageAttribute.1.Value.DataType=String`.
 * Clients spell it in several ways (`Attribute.1`, `Attributes.1`, `Attributes.entry.1`, `AttributeNames.member.1`); all
 * of them are understood.
 */

import type { Member, Shape, StructureShape } from './shape.ts';

export interface FormNode {
  value: string | undefined;
  children: Map<string, FormNode>;
}

/** No name of SQS nests deeper, or has more characters; a longer one is ignored. */
const DEEPEST = 8;
const LONGEST_NAME = 500;

/** Sorts parameters into a tree by the dots in their names. Of parameters of one name the first counts. */
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
      // `member.1` and `entry.1` are other spellings of `1`.
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

/** The input that a form holds, ready for the shape's schema: a text stays a text where no number can be made of it. */
export function decodeForm(shape: Shape, form: FormNode): unknown {
  switch (shape.kind) {
    case 'structure':
      return decodeStructure(shape, form);
    case 'list':
      return items(form).map((item) => decodeForm(shape.member, item));
    case 'map':
      return new Map(
        entries(form, shape.queryKey).map((item) => [
          item.children.get(shape.queryKey)?.value ?? '',
          decodeForm(shape.value, item.children.get(shape.queryValue) ?? node()),
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

function decodeStructure(shape: StructureShape<unknown>, form: FormNode): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const place = spellings(name, member)
      .map((spelling) => form.children.get(spelling))
      .find((found) => found !== undefined);
    if (place) result[name] = decodeForm(member.shape, place);
    // In a form, a list that is empty and one that is absent look the same.
    else if (member.required && member.shape.kind === 'list') result[name] = [];
  }
  return result;
}

function spellings(name: string, { shape }: Member): string[] {
  if (shape.kind !== 'list' && shape.kind !== 'map') return [name];
  const names = [shape.queryName, name, name.replace(/s$/, ''), `${name[0]!.toUpperCase()}${name.slice(1)}`];
  // `Action` says which operation is meant, so it can't be a short form of AddPermission's `Actions`.
  return names.filter((spelling) => spelling !== 'Action');
}

/** The numbered children, in the order of their numbers; `AttributeName=All` without a number is a list of one. */
function items(form: FormNode): FormNode[] {
  const numbered = [...form.children].filter(([step]) => /^\d+$/.test(step));
  if (numbered.length === 0 && form.value !== undefined && form.value !== '') return [form];
  return numbered.sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);
}

/** As `items`; `Attribute.Name` and `Attribute.Value` without a number are a map of one, as boto 2 spells it. */
function entries(form: FormNode, queryKey: string): FormNode[] {
  const numbered = items(form);
  return numbered.length === 0 && form.children.has(queryKey) ? [form] : numbered;
}

function node(): FormNode {
  return { value: undefined, children: new Map() };
}
