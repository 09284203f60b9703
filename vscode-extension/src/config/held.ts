import { readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Configuration } from "./defaults";

/** A program that is held for the next client, as its adapter's note says. */
export interface Held {
  readonly pid: number | undefined;
  readonly host: string;
  readonly port: number;
  readonly since: string;
  readonly accessToken?: string;
  /** The program's working folder. */
  readonly folder: string;
}

/** The notes that adapters write, below a program's working folder. */
export const NOTES = "**/.daifu/held-*.json";

/** Reads a note. Gives undefined for one that is none, or whose adapter lives no more. */
export function readNote(path: string, alive: (pid: number) => boolean = lives): Held | undefined {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
  const { pid, adapterPid, host, port, since, accessToken } = Object(read) as Record<string, unknown>;
  if (typeof host !== "string" || typeof port !== "number") {
    return undefined;
  }
  if (typeof adapterPid === "number" && !alive(adapterPid)) {
    return undefined;
  }
  return {
    pid: typeof pid === "number" ? pid : undefined,
    host,
    port,
    since: typeof since === "string" ? since : "",
    ...(typeof accessToken === "string" ? { accessToken } : {}),
    folder: dirname(dirname(path)),
  };
}

/** Finds the notes of processes in the folders that they are in, where the system tells those. */
export function notesOf(pids: readonly number[], processes = "/proc"): string[] {
  return pids.flatMap((pid) => {
    try {
      return [join(readlinkSync(join(processes, `${pid}`, "cwd")), ".daifu", `held-${pid}.json`)];
    } catch {
      return []; // Somebody else's, gone, or another system.
    }
  });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What to call a held program in a list. */
export function titleOf(held: Held): string {
  return held.pid === undefined ? `port ${held.port}` : `process ${held.pid}`;
}

/** The entry that attaches to a held program; what an entry says already stays. */
export function attachTo(held: Held, entry: Configuration = {}): Configuration {
  return {
    type: "daifu",
    request: "attach",
    name: `DaiFu: attach to held ${titleOf(held)}`,
    connect: { host: held.host, port: held.port },
    ...(held.accessToken === undefined ? {} : { accessToken: held.accessToken }),
    ...entry,
  };
}
