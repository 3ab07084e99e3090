/** The two of jest's globals that `squab/jest` needs. jest hands them out under this name wherever its tests run. */

declare module '@jest/globals' {
  export function beforeAll(run: () => Promise<void>, timeoutMs?: number): void;
  export function afterAll(run: () => Promise<void>, timeoutMs?: number): void;
}
