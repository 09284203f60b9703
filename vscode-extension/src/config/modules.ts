/** The module that `python -m` would run for a `__main__.py` at a path relative to a folder. */
export function moduleOf(path: string): string | undefined {
  const parts = path.split("/").slice(0, -1);
  const names = parts[0] === "src" ? parts.slice(1) : parts;
  const name = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
  return names.length > 0 && names.every((part) => name.test(part)) ? names.join(".") : undefined;
}

/** The folder in which `python -m` must run for it: the one that the first package is in. */
export function rootOf(path: string): string {
  return path.startsWith("src/") ? "src" : "";
}

/** Where nobody keeps modules of his own. */
export const FOREIGN = "{**/site-packages/**,**/node_modules/**,**/.*/**,**/__pycache__/**}";
