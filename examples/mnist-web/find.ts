/** The element of the page that a selector names. @throws Error when the page has none of that kind. */
export function find<T extends Element>(selector: string, kind: new () => T): T {
  const element = document.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`index.html has no ${kind.name} ${selector}`);
}
