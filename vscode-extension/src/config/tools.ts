import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/** Finds uv: on the PATH, or where its own installer puts it, which an editor's PATH may lack. */
export function findUv(variables: Variables = process.env, home = homedir()): string | undefined {
  const folders = (variables["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const name = process.platform === "win32" ? "uv.exe" : "uv";
  return [...folders, join(home, ".local/bin"), join(home, ".cargo/bin")]
    .map((folder) => join(folder, name))
    .find(runs);
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What an interpreter's environment can be installed into by. */
export interface Tools {
  /** The interpreter itself, however it was called. */
  readonly executable: string;
  readonly pip: boolean;
  readonly ensurepip: boolean;
}

/**
 * The commands that install requirements into an interpreter's environment, one after the other;
 * none if there is no way. Environments that uv makes have no pip: uv installs into them from
 * outside, and where it is not at hand the interpreter brings its pip along.
 */
export function installation(
  python: readonly string[],
  requirement: readonly string[],
  { executable, pip, ensurepip }: Tools,
  uv: string | undefined,
): readonly (readonly string[])[] {
  const byPip = [...python, "-m", "pip", "install", "--upgrade", ...requirement];
  if (pip) {
    return [byPip];
  }
  if (uv !== undefined) {
    return [[uv, "pip", "install", "--python", executable, "--upgrade", ...requirement]];
  }
  return ensurepip ? [[...python, "-m", "ensurepip", "--default-pip"], byPip] : [];
}
