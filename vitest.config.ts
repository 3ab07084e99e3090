import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real clients start processes; two cores with other things to do take a while.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Vitest would leave one core free. Most tests wait for other processes often enough not to need it.
    maxWorkers: '100%',
    globalSetup: 'test/postgres-setup.ts',
  },
});
