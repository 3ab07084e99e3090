/** Reads a queue file and detects its format: Squab's own, a CloudFormation template or an ElasticMQ configuration. */

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkQueues } from './check.ts';
import type { DeclaredQueue, Deployment } from './declared.ts';
import type { QueueDefinition } from './definition.ts';
import { readTemplate } from './formats/cloudformation.ts';
import { readElasticMq } from './formats/elasticmq.ts';
import { readSquabFile } from './formats/squab-file.ts';
import { readHocon } from './syntax/hocon.ts';
import { entryOf, Findings, QueueFileError, type Tree, treeOf } from './syntax/tree.ts';
import { readYaml } from './syntax/yaml.ts';

export interface QueueFile {
  /** The format of the file, in words with an article: `a queue file`. */
  kind: string;
  queues: DeclaredQueue[];
  /** The parts of the file that are ignored, each with its place. */
  warnings: string[];
}

/** Reads and checks a file. Throws QueueFileError, with one line per problem. */
export async function readQueueFile(path: string, deployment: Deployment): Promise<QueueFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }[code ?? ''] ?? message;
    throw new QueueFileError(`Cannot read ${path}: ${reason}.`);
  }
  // Binary data may parse as YAML, and errors would then print it on a terminal.
  if (!isUtf8(bytes) || bytes.includes(0)) throw new QueueFileError(`Cannot read ${path}: it is not UTF-8 text.`);
  return readQueueText(bytes.toString(), basename(path), deployment);
}

/** Like `readQueueFile`, for the text of a file. Problems and warnings refer to it as `name`. */
export function readQueueText(text: string, name: string, deployment: Deployment): QueueFile {
  const findings = new Findings();
  const found = isHocon(text, name)
    ? readAsElasticMq(text, name, deployment, findings)
    : readAsYaml(text, name, deployment, findings);
  checkQueues(found.queues, findings);
  findings.throwIfInvalid();
  return { ...found, warnings: findings.warnings };
}

/** Reads and checks the queues that a program passes to `start()`. Throws QueueFileError. */
export function readDefinitions(queues: readonly QueueDefinition[]): DeclaredQueue[] {
  const findings = new Findings();
  const declared = readSquabFile(treeOf({ queues }, ''), findings);
  checkQueues(declared, findings);
  findings.throwIfInvalid();
  return declared;
}

/** Decides by the first significant line: YAML has no word before a brace or an equals sign, and no includes. */
function isHocon(text: string, name: string): boolean {
  const start = text.replace(/^\uFEFF?(?:\s|#.*|\/\/.*)*/, '');
  return name.endsWith('.conf') || /^(?:"[\w.-]+"|[\w.-]+)\s*[={]|^include\s/.test(start);
}

function readAsElasticMq(text: string, name: string, deployment: Deployment, findings: Findings) {
  return { kind: 'an ElasticMQ configuration', queues: readElasticMq(readHocon(text, name), deployment, findings) };
}

function readAsYaml(text: string, name: string, deployment: Deployment, findings: Findings) {
  const tree = readYaml(text, name, findings);
  findings.throwIfInvalid();
  if (!tree) throw new QueueFileError(`${name} is empty. It should list queues.`);
  if (isTemplate(tree)) return { kind: 'a CloudFormation template', queues: readTemplate(tree, deployment, findings) };
  return { kind: 'a queue file', queues: readSquabFile(tree, findings) };
}

function isTemplate(tree: Tree): boolean {
  return ['Resources', 'AWSTemplateFormatVersion', 'Transform'].some((key) => entryOf(tree, key));
}
