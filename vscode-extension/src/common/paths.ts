/** One pair of a launch.json's `pathMappings`. */
export interface Mapping {
  readonly localRoot: string;
  readonly remoteRoot: string;
}

/** Reads `pathMappings` of a launch configuration; what cannot be read is left out. */
export function asMappings(value: unknown): Mapping[] {
  const pairs: unknown[] = Array.isArray(value) ? value : [];
  return pairs.filter((pair): pair is Mapping => {
    const { localRoot, remoteRoot } = (pair ?? {}) as Partial<Record<keyof Mapping, unknown>>;
    return typeof localRoot === "string" && typeof remoteRoot === "string";
  });
}

/** The editor's name for a file that the program calls `path`. */
export function toLocal(path: string, mappings: readonly Mapping[]): string {
  return moved(path, mappings.map(({ localRoot, remoteRoot }) => [remoteRoot, localRoot]));
}

/** The program's name for a file that the editor calls `path`. */
export function toRemote(path: string, mappings: readonly Mapping[]): string {
  return moved(path, mappings.map(({ localRoot, remoteRoot }) => [localRoot, remoteRoot]));
}

function moved(path: string, pairs: readonly (readonly [string, string])[]): string {
  for (const [from, to] of pairs) {
    const root = from.replace(/[/\\]+$/, "");
    const rest = path.slice(root.length);
    if (path.startsWith(root) && (rest === "" || /^[/\\]/.test(rest))) {
      const separator = to.includes("\\") ? "\\" : "/";
      return to.replace(/[/\\]+$/, "") + rest.replace(/[/\\]/g, separator);
    }
  }
  return path;
}
