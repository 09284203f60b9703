import { lstatSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/** Where adapters put up what they hold, as `daifu_dap.common.board` has it. */
export function board(variables: Variables, user: number | undefined): string | undefined {
  const { DAIFU_STATE_DIR: chosen, XDG_RUNTIME_DIR: runtime } = variables;
  if (chosen) {
    return chosen;
  }
  if (runtime && isFolder(runtime)) {
    return join(runtime, "daifu");
  }
  return user === undefined ? undefined : join(tmpdir(), `daifu-${user}`);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Whether something is held by any adapter of this user. */
export function somethingHeld(folder: string | undefined): boolean {
  try {
    return folder !== undefined && readdirSync(folder).some((name) => /^\d.*\.json$/.test(name));
  } catch {
    return false;
  }
}
