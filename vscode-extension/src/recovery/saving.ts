/** When an edit is applied: the settings `daifu.mode` and `daifu.onSave`. */

/** `daifu.mode`: what applies an edit beside the command itself. */
export type Mode = "manual" | "onContinue" | "onSave";

/** `daifu.onSave`: which saves apply an edit in the mode `onSave`. */
export type OnSave = "never" | "manual" | "manualIfDirty" | "all" | "allIfDirty";

/** A save, as the editor announces it. */
export interface Save {
  /** Whether the person asked for it; else a timer, or the focus that went elsewhere, did. */
  readonly manual: boolean;
  readonly dirty: boolean;
}

/** Whether a save applies the edit. */
export function applies(onSave: OnSave, { manual, dirty }: Save): boolean {
  switch (onSave) {
    case "never":
      return false;
    case "manual":
      return manual;
    case "manualIfDirty":
      return manual && dirty;
    case "all":
      return true;
    case "allIfDirty":
      return dirty;
  }
}

/** Waits for something, but not longer than `ms`; undefined when it took longer. */
export async function within<T>(ms: number, task: PromiseLike<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, ms);
  });
  try {
    return await Promise.race([task, limit]);
  } finally {
    clearTimeout(timer);
  }
}
