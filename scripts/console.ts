/**
 * Bundles the console, the page that Squab serves to browsers: one script, one style sheet, an icon, and the page that
 * names them. The names of all but the page contain a hash of their content, so that browsers can keep them.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const source = join(import.meta.dirname, '../src/console');
const modules = join(import.meta.dirname, '../node_modules');

/** Writes the console into a folder. Resolves to the modules that went into the bundle. */
export async function bundleConsole(folder: string): Promise<string[]> {
  const build = await rolldown({
    input: { console: join(source, 'main.tsx') },
    platform: 'browser',
    transform: { target: 'es2022' },
    tsconfig: join(source, 'tsconfig.json'),
    treeshake: true,
    plugins: [leavePoliciesToServer()],
    onLog(level, log, report) {
      // An import that browsers do not have would stop the whole page.
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      report(level, log);
    },
  });
  const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false });
  await build.close();
  const [script] = output;
  mkdirSync(folder, { recursive: true });
  const names = {
    script: write(folder, 'console', 'js', script.code),
    style: write(folder, 'console', 'css', styles()),
    icon: write(folder, 'icon', 'svg', readFileSync(join(source, 'icon.svg'), 'utf8')),
  };
  const page = readFileSync(join(source, 'page.html'), 'utf8');
  writeFileSync(
    join(folder, 'index.html'),
    page.replaceAll(/\{(script|style|icon)\}/g, (_, name) => names[name as 'icon']),
  );
  return [...script.moduleIds, ...foreignStyles];
}

/**
 * The page checks the attributes of queues by the server's own rules, except for access policies: their code is large,
 * and needs Node.js.
 */
function leavePoliciesToServer(): Plugin {
  return {
    name: 'leave-policies-to-server',
    load(id) {
      return /[\\/]queues[\\/]policies[\\/]policy\.ts$/.test(id) ? 'export const normalPolicy = (text) => text;' : null;
    },
  };
}

/** Writes a file under a name with a hash of its content. Returns the name. */
function write(folder: string, name: string, extension: string, content: string): string {
  const hash = createHash('sha256').update(content).digest('base64url').replaceAll(/[-_]/g, '').slice(0, 10);
  const hashed = `${name}-${hash}.${extension}`;
  writeFileSync(join(folder, hashed), content);
  return hashed;
}

/** Style sheets of packages, which come before ours. */
const foreignStyles = [join(modules, 'uplot/dist/uPlot.min.css')];

/** Returns all style sheets as one: that of `base.css` first, which declares the layers of the others. */
function styles(): string {
  const folder = join(source, 'styles');
  const names = readdirSync(folder).filter((name) => name.endsWith('.css') && name !== 'base.css');
  const own = ['base.css', ...names.sort()].map((name) =>
    readFileSync(join(folder, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, ''),
  );
  const foreign = foreignStyles.map((file) => readFileSync(file, 'utf8'));
  return [...foreign, ...own].join('\n').replaceAll(/\s+/g, ' ').trim();
}
