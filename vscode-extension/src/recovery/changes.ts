/** The edits of a recovery: as texts before and after, taken back, and as a patch to keep. */

import { applyPatch, parsePatch, reversePatch } from "diff";
import type { Change, Entry } from "../common/protocol";

/** A file before and after a recovery's edits. */
export interface Pair {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Takes changes of one file back out of a text, the last one first; undefined if they are not in it. */
export function undone(text: string, changes: readonly Change[]): string | undefined {
  let result: string | undefined = text;
  for (const { diff } of [...changes].reverse()) {
    for (const patch of parsePatch(diff)) {
      const applied: string | false =
        result === undefined ? false : applyPatch(result, reversePatch(patch));
      result = applied === false ? undefined : applied;
    }
  }
  return result;
}

/** The files of an entry that were changed, each once, in their order. */
export function changedPaths(entry: Entry): string[] {
  return [...new Set(entry.changes.map(({ path }) => path))];
}

/** The changes of one file. */
export function changesOf(entry: Entry, path: string): Change[] {
  return entry.changes.filter((change) => change.path === path);
}

/**
 * What to show of a file's change: whole texts if the text after it is known, else what the diff
 * itself has of them.
 */
export function pair(entry: Entry, path: string, after: string | undefined): Pair {
  const changes = changesOf(entry, path);
  const before = after === undefined ? undefined : undone(after, changes);
  if (after !== undefined && before !== undefined) {
    return { path, before, after };
  }
  const side = (dropped: string): string =>
    changes
      .flatMap(({ diff }) => parsePatch(diff))
      .flatMap(({ hunks }) => hunks)
      .map(({ lines }) => lines.filter((line) => !line.startsWith(dropped) && !line.startsWith("\\")))
      .map((lines) => lines.map((line) => `${line.slice(1)}\n`).join(""))
      .join("...\n");
  return { path, before: side("+"), after: side("-") };
}

/** The changes of entries as one patch, with paths relative to a folder, for `patch -p1` or `git apply`. */
export function exported(entries: readonly Entry[], folder: string): string {
  const root = folder.replace(/[/\\]*$/, "/");
  return entries
    .flatMap(({ changes }) => changes)
    .map(({ path, diff }) => {
      const named = path.startsWith(root) ? path.slice(root.length) : path.replace(/^[/\\]+/, "");
      const slashed = named.replaceAll("\\", "/");
      return diff.replace(/^--- .*$/m, `--- a/${slashed}`).replace(/^\+\+\+ .*$/m, `+++ b/${slashed}`);
    })
    .join("");
}
