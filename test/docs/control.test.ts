/** The examples in docs/control.md print the output shown below them. Each section has its own Squab. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Squab, start } from '../../src/index.ts';
import { root } from '../commands/command.ts';
import { lack, output } from '../sdk/programs.ts';

const text = readFileSync(join(root, 'docs/control.md'), 'utf8');
const sections = text.split(/^## /m).slice(1);
const lacking = lack('bash with curl', 'bash', ['-c', 'curl --version']);

interface Block {
  language: string;
  code: string;
}

const blocksOf = (section: string): Block[] =>
  [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language: language!,
    code: code!,
  }));

/** Runs a block, and resolves to its output. Blocks of JavaScript start Squab from the built package. */
function run({ language, code }: Block, { url }: Squab): Promise<string> {
  if (language === 'js') return output(process.execPath, ['--input-type=module', '--eval', code], { cwd: root });
  return output('bash', ['-ec', code.replaceAll('http://127.0.0.1:9324', url)]);
}

/** The documented output: text must match exactly; JSON is the last answer, or a part of it. */
function compare(printed: string, { language, code }: Block): void {
  if (language === 'text') {
    expect(printed).toBe(code);
    return;
  }
  // Answers follow each other without a newline in between.
  const last = printed.slice(printed.lastIndexOf('}{') + 1);
  expect(JSON.parse(last)).toMatchObject(JSON.parse(code) as object);
}

describe.skipIf(lacking).each(sections.map((section) => [section.split('\n', 1)[0]!, section] as const))(
  `docs/control.md, %s${lacking}`,
  (_title, section) => {
    it('shows examples that do what it says', async () => {
      const squab = await start({ port: 0 });
      try {
        const blocks = blocksOf(section);
        expect(blocks.length).toBeGreaterThan(0);
        for (const [index, block] of blocks.entries()) {
          if (!['sh', 'js'].includes(block.language)) continue;
          const printed = await run(block, squab);
          expect(printed).not.toContain('"error":');
          const next = blocks[index + 1];
          if (next && ['json', 'text'].includes(next.language)) compare(printed, next);
        }
      } finally {
        await squab.stop();
      }
    });
  },
);
