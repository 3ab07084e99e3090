/** Stands in for a part of the engine that has not been written yet: everything that is called on it throws. */

export function unbuilt<Part extends object>(name: string): Part {
  return new Proxy({} as Part, {
    get: (_, member) => () => Promise.reject(new Error(`The PostgreSQL engine has no ${name}.${String(member)} yet.`)),
  });
}
