/** Reads a queue file and detects its format: Squab's own, or that of another tool. */

import { basename, dirname } from 'node:path';
import type { FunctionTarget } from '../settings/functions.ts';
import { suggestion } from '../suggest.ts';
import { checkQueues } from './check.ts';
import { checkTopics } from './check-topics.ts';
import type { Declared, DeclaredQueue, DeclaredTopic, Deployment } from './declared.ts';
import type { FileDefinition } from './definition.ts';
import { readTemplate } from './formats/cloudformation.ts';
import { readElasticMq } from './formats/elasticmq.ts';
import { insteadOf, insteadOfTerraform } from './formats/other-files.ts';
import { readServerless } from './formats/serverless.ts';
import { readSquabFile } from './formats/squab-file.ts';
import { readTerraform } from './formats/terraform.ts';
import { isTerraform } from './formats/terraform-resources.ts';
import { readText, type Surroundings, surroundingsIn } from './syntax/files.ts';
import { readHocon } from './syntax/hocon.ts';
import { readJson } from './syntax/json.ts';
import { entryOf, Findings, QueueFileError, type Tree, treeOf } from './syntax/tree.ts';
import { readYaml } from './syntax/yaml.ts';

export interface QueueFile {
  /** The format of the file, in words with an article: `a queue file`. */
  kind: string;
  queues: DeclaredQueue[];
  topics: DeclaredTopic[];
  /** The functions whose URLs it gives. */
  functions: ReadonlyMap<string, FunctionTarget>;
  /** The parts of the file that are ignored, each with its place. */
  warnings: string[];
  /** The names of its parameters. */
  parameters: readonly string[];
}

type Contents = Pick<QueueFile, 'kind' | 'queues'> & Partial<Pick<QueueFile, 'topics' | 'parameters' | 'functions'>>;

/** Reads and checks a file. Throws QueueFileError, with one line per problem. */
export async function readQueueFile(path: string, deployment: Deployment): Promise<QueueFile> {
  const text = readText(path);
  if (text === undefined) throw new QueueFileError(`Cannot read ${path}: there is no such file.`);
  return readQueueText(text, basename(path), deployment, surroundingsIn(dirname(path)));
}

/** Like `readQueueFile`, for the text of a file. Problems and warnings refer to it as `name`. */
export function readQueueText(
  text: string,
  name: string,
  deployment: Deployment,
  surroundings: Surroundings = { readFile: () => undefined, environment: process.env },
): QueueFile {
  const findings = new Findings();
  const instead = insteadOfTerraform(text, name);
  if (instead) throw new QueueFileError(`${name}: ${instead}`);
  const found = isHocon(text, name)
    ? readAsElasticMq(text, name, deployment, surroundings, findings)
    : readAsTree(text, name, deployment, surroundings, findings);
  const file = { topics: [], parameters: [], functions: new Map<string, FunctionTarget>(), ...found };
  checkQueues(file.queues, findings);
  checkTopics(file.topics, findings);
  findings.throwIfInvalid();
  return { ...file, warnings: findings.warnings };
}

/** Reads and checks the queues and topics that a program passes to `start()`. Throws QueueFileError. */
export function readDefinitions(definitions: FileDefinition): Declared {
  const findings = new Findings();
  const declared = readSquabFile(treeOf(definitions, ''), findings);
  checkQueues(declared.queues, findings);
  checkTopics(declared.topics, findings);
  findings.throwIfInvalid();
  return declared;
}

/** Throws QueueFileError if none of the files has a parameter of a given name. */
export function checkParameters({ parameters = {} }: Deployment, files: readonly QueueFile[]): void {
  const known = files.flatMap((file) => file.parameters);
  const unknown = Object.keys(parameters).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const shown = JSON.stringify(unknown);
  throw new QueueFileError(
    known.length === 0
      ? `There is no parameter ${shown}: only templates and serverless.yml files have parameters.`
      : `There is no parameter ${shown}.${suggestion(unknown, known) || ` The parameters are: ${known.join(', ')}.`}`,
  );
}

/** Decides by the first significant line: YAML has no word before a brace or an equals sign, and no includes. */
function isHocon(text: string, name: string): boolean {
  // One after another: a single pattern for all of them overflows the stack if there are very many.
  const insignificant = /[\s\uFEFF]+|#.*|\/\/.*/y;
  let start = 0;
  while (insignificant.test(text)) start = insignificant.lastIndex;
  return name.endsWith('.conf') || /^(?:"[\w.-]+"|[\w.-]+)\s*(?:[={]|\+=)|^include\s/.test(text.slice(start));
}

function readAsElasticMq(
  text: string,
  name: string,
  deployment: Deployment,
  surroundings: Surroundings,
  findings: Findings,
): Contents {
  const document = readHocon(text, name, surroundings, findings);
  return { kind: 'an ElasticMQ configuration', queues: readElasticMq(document, deployment, findings) };
}

function readAsTree(
  text: string,
  name: string,
  deployment: Deployment,
  surroundings: Surroundings,
  findings: Findings,
): Contents {
  const tree = isJson(text, name) ? readJson(text, name) : readYaml(text, name, findings);
  findings.throwIfInvalid();
  if (!tree) throw new QueueFileError(`${name} is empty. It should list queues.`);
  if (isTerraform(tree)) {
    return { kind: 'a Terraform state or plan', ...readTerraform(tree, deployment, findings) };
  }
  if (entryOf(tree, 'terraform_version')) {
    throw new QueueFileError(
      `${tree.at}: This is a Terraform state as stored. Give the output of: terraform show -json`,
    );
  }
  if (isServerless(tree)) {
    return { kind: 'a serverless.yml', ...readServerless(tree, deployment, surroundings, findings) };
  }
  if (isTemplate(tree)) return { kind: 'a CloudFormation template', ...readTemplate(tree, deployment, findings) };
  const instead = insteadOf(tree);
  if (instead) throw new QueueFileError(`${tree.at}: ${instead}`);
  return { kind: 'a queue file', ...readSquabFile(tree, findings) };
}

/** Templates often have other extensions, and are JSON if they come from the CDK. */
function isJson(text: string, name: string): boolean {
  if (name.endsWith('.json')) return true;
  if (!/^\uFEFF?\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isServerless(tree: Tree): boolean {
  const hasKey = (key: string) => entryOf(tree, key) !== undefined;
  return hasKey('service') && ['provider', 'resources', 'functions'].some(hasKey) && !hasKey('queues');
}

function isTemplate(tree: Tree): boolean {
  return ['Resources', 'AWSTemplateFormatVersion', 'Transform'].some((key) => entryOf(tree, key));
}
