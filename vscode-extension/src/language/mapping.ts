/** Pairs of folders, as a launch.json entry has them. */
export type Mappings = readonly { readonly localRoot: string; readonly remoteRoot: string }[];

/** Reads the `pathMappings` of an entry. */
export function mappingsOf(value: unknown): Mappings {
  const list: unknown[] = Array.isArray(value) ? value : [];
  return list.flatMap((each) => {
    const { localRoot, remoteRoot } = Object(each) as Record<string, unknown>;
    return typeof localRoot === "string" && typeof remoteRoot === "string"
      ? [{ localRoot: bare(localRoot), remoteRoot: bare(remoteRoot) }]
      : [];
  });
}

function bare(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/** Where a file of the program is for the editor. */
export function localPath(path: string, mappings: Mappings): string {
  for (const { localRoot, remoteRoot } of mappings) {
    if (path === remoteRoot || path.startsWith(`${remoteRoot}/`)) {
      return localRoot + path.slice(remoteRoot.length);
    }
  }
  return path;
}

/** The answer to `daifu/held` with the editor's paths, whether they are keys or values. */
export function localized(held: unknown, mappings: Mappings): unknown {
  if (Array.isArray(held)) {
    return held.map((each: unknown) => localized(each, mappings));
  }
  if (typeof held !== "object" || held === null) {
    return held;
  }
  return Object.fromEntries(
    Object.entries(held).map(([name, value]: [string, unknown]) => {
      const key = name.startsWith("/") ? localPath(name, mappings) : name;
      const isPath = name === "path" && typeof value === "string";
      return [key, isPath ? localPath(value, mappings) : localized(value, mappings)];
    }),
  );
}
