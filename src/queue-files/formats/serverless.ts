/**
 * Reads the queues of a serverless.yml: the CloudFormation resources below `resources`.
 * Source: Serverless Framework documentation, "AWS - Resources".
 */

import type { DeclaredQueue, Deployment } from '../declared.ts';
import type { Surroundings } from '../syntax/files.ts';
import {
  countOf,
  type Entry,
  entryOf,
  type Findings,
  type Mapping,
  partOf,
  QueueFileError,
  type Tree,
} from '../syntax/tree.ts';
import { readTemplate, type TemplateContents } from './cloudformation.ts';
import { Variables } from './serverless-variables.ts';

/** Variables can repeat parts of the file again and again. */
const VALUES_MAX = 1_000_000;

/** Returns the queues that the file declares. Reports problems and ignored parts to `findings`. */
export function readServerless(
  file: Tree,
  given: Deployment,
  surroundings: Surroundings,
  findings: Findings,
): TemplateContents {
  const variables = new Variables({ file, deployment: given, surroundings, findings });
  const region = variables.textAt('provider.region');
  const service = variables.textAt('service') ?? variables.textAt('service.name') ?? 'service';
  const stackName = given.stackName ?? variables.textAt('provider.stackName') ?? `${service}-${variables.stage()}`;
  const deployment = { ...given, region: region ?? given.region, stackName };
  if (region !== undefined && region !== given.region) {
    findings.warn(
      partOf(partOf(file, 'provider'), 'region')?.at ?? file.at,
      `The queues exist only in the region ${region}, which this file names.`,
    );
  }
  const { queues, parameters } = readTemplate(templateIn(file, variables), deployment, findings);
  return {
    queues: queues.map((queue): DeclaredQueue => ({ ...queue, region })),
    parameters: [...parameters, ...variables.parameters],
  };
}

/** Returns the template that `resources` describes: one, or a list whose sections are merged. */
function templateIn(file: Tree, variables: Variables): Mapping {
  const resources = entryOf(file, 'resources');
  const tree = resources && variables.resolve(resources.value);
  const parts = tree?.kind === 'list' ? tree.items : tree ? [tree] : [];
  const sections = new Map<string, Entry>();
  for (const part of parts) {
    for (const section of part.kind === 'map' ? part.entries : []) {
      const before = sections.get(section.key)?.value;
      const value =
        before?.kind === 'map' && section.value.kind === 'map'
          ? { ...before, entries: [...before.entries, ...section.value.entries] }
          : section.value;
      sections.set(section.key, { ...section, value });
    }
  }
  const template: Mapping = { kind: 'map', at: resources?.at ?? file.at, entries: [...sections.values()] };
  if (countOf(template) > VALUES_MAX) throw new QueueFileError(`${template.at}: more than ${VALUES_MAX} values.`);
  return template;
}
