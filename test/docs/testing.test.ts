/** The examples of docs/testing.md, run as a reader would run them. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILD_MS, lack } from '../sdk/programs.ts';
import { project, runIn, snippetsOf } from './snippets.ts';

const snippets = snippetsOf('docs/testing.md');
const snippet = (name: string) => snippets.get(name)!;
const picked = (...names: string[]) => Object.fromEntries(names.map((name) => [name, snippet(name)]));

/** Rejects if anything still answers at the URL. */
async function isGone(url: string): Promise<void> {
  await expect(fetch(url)).rejects.toThrow();
}

describe('docs/testing.md', () => {
  it('has these examples, each of which is run here, in test/testing/ or in test/python/', () => {
    expect([...snippets.keys()]).toEqual([
      ...['orders.vitest.test.js', 'fifo.vitest.test.js', 'orders.jest.test.js'],
      ...['reset.jest.test.js', 'accounts.vitest.test.js', 'vitest.global.js', 'jest.global.js', 'jest.teardown.js'],
      ...['shared.jest.test.js', 'orders.node.test.mjs'],
      ...['test_orders.py', 'test_worker.py', 'conftest.py', 'without_pytest.py'],
      ...['squab_test.go', 'Squab.java', 'in-a-script.sh'],
    ]);
  });

  it('works with node:test', async () => {
    const name = 'orders.node.test.mjs';
    const folder = project(picked(name), ['@aws-sdk/client-sqs']);
    const { code, stdout } = await runIn(folder, process.execPath, ['--test', '--test-reporter=tap', name]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^# pass 1$/m) });
  });

  const noGo = lack('Go', 'go', ['version']);
  it.skipIf(noGo)(
    `works with Go, and stops after the run${noGo}`,
    async () => {
      const test = `package orders

import (
	"net/http"
	"os"
	"testing"
)

func TestSquabAnswers(t *testing.T) {
	url := os.Getenv("AWS_ENDPOINT_URL_SQS")
	response, err := http.Get(url + "/?Action=ListQueues")
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
	os.WriteFile("url", []byte(url), 0o644)
}
`;
      const folder = project({
        ...picked('squab_test.go'),
        'orders_test.go': test,
        'go.mod': 'module orders\n\ngo 1.21\n',
      });
      const { code, stdout, stderr } = await runIn(folder, 'go', ['test', '-buildvcs=false', './...']);
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok\s+orders/) });
      await isGone(readFileSync(join(folder, 'url'), 'utf8'));
    },
    BUILD_MS,
  );

  const noJava = lack('JDK', 'javac', ['-version']);
  it.skipIf(noJava)(
    `works with Java, and stops when it is closed${noJava}`,
    async () => {
      const main = `
import java.net.http.*;

class Main {
  public static void main(String[] args) throws Exception {
    try (var squab = new Squab()) {
      var request = HttpRequest.newBuilder(squab.url.resolve("/?Action=ListQueues")).build();
      System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
      System.out.println(squab.url);
    }
  }
}
`;
      const folder = project({ ...picked('Squab.java'), 'Main.java': main });
      expect(await runIn(folder, 'javac', ['Main.java', 'Squab.java'])).toMatchObject({ code: 0 });
      const { code, stdout, stderr } = await runIn(folder, 'java', ['-cp', '.', 'Main']);
      const [status, url] = stdout.split('\n');
      expect({ code, status, stderr }).toEqual({ code: 0, status: '200', stderr: '' });
      await isGone(url!);
    },
    BUILD_MS,
  );

  it('works in a script, and stops when the script ends', async () => {
    const fetches =
      'fetch(process.env.AWS_ENDPOINT_URL_SQS + "/?Action=ListQueues").then(({ status }) => console.log(status))';
    const folder = project({
      ...picked('in-a-script.sh'),
      'package.json': JSON.stringify({ private: true, scripts: { test: 'node test.js && cp squab.json seen.json' } }),
      'test.js': fetches,
    });
    for (const shell of ['sh', 'bash']) {
      const { code, stdout, stderr } = await runIn(folder, shell, ['in-a-script.sh']);
      expect(code, `${shell}: ${stderr}`).toBe(0);
      expect(stdout).toMatch(/^200$/m);
      expect(existsSync(join(folder, 'squab.json'))).toBe(false);
      await isGone(JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8')).url);
    }
  });
});
