/** Declares the two Jest globals that `squab/jest` needs. Jest provides this module wherever it runs tests. */

declare module '@jest/globals' {
  export function beforeAll(run: () => Promise<void>, timeoutMs?: number): void;
  export function afterAll(run: () => Promise<void>, timeoutMs?: number): void;
}
