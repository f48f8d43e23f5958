/**
 * Lets methods be passed on as functions: `rows.map(orderId.encode)`. Not enumerable, so that printing an object does
 * not list them.
 */
export function bindMethods<T extends object>(object: T, ...names: (keyof T)[]): void {
  for (const name of names) {
    const method = object[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(object, name, { value: method.bind(object) });
  }
}
