import { chmod, mkdir, readFile, rename, rm } from "node:fs/promises";
import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";

/** A program that waits for us, as it says in its note. */
export interface Caller {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly python: string;
  readonly cwd: string;
  readonly arguments: readonly string[];
  readonly accessToken?: string;
}

/** The largest note that is read, in bytes. */
const LARGEST = 2 ** 20;

/** Milliseconds between two looks at a folder that cannot be watched. */
const LOOK = 500;

/**
 * The folder in which programs of our terminals say where they wait.
 *
 * Only its user can look into it. A note is taken by renaming it, so of two windows that watch one
 * folder one gets it; and its being gone tells the program that somebody is coming.
 */
export class Inbox {
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly busy = new Set<string>();

  constructor(
    readonly folder: string,
    private readonly called: (caller: Caller) => void,
    private readonly failed: (reason: string) => void,
  ) {}

  /** Makes the folder and begins to watch it. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    try {
      this.watcher = watch(this.folder, { persistent: false }, () => {
        this.look();
      });
      this.watcher.on("error", () => {
        this.poll();
      });
    } catch {
      this.poll();
    }
    this.look();
  }

  close(): void {
    this.watcher?.close();
    clearInterval(this.timer);
  }

  /** A machine may have no watches left; a folder may be on a disk that tells nothing. */
  private poll(): void {
    this.watcher?.close();
    this.timer ??= setInterval(() => {
      this.look();
    }, LOOK).unref();
  }

  private look(): void {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch {
      return;
    }
    for (const name of names.filter((each) => /^\d+-\d+\.json$/.test(each))) {
      if (!this.busy.has(name)) {
        this.busy.add(name);
        void this.take(name).finally(() => this.busy.delete(name));
      }
    }
  }

  private async take(name: string): Promise<void> {
    const taken = join(this.folder, `.taken-${process.pid}-${name}`);
    try {
      if (statSync(join(this.folder, name)).size > LARGEST) {
        await rm(join(this.folder, name));
        return;
      }
      await rename(join(this.folder, name), taken);
    } catch {
      return; // Somebody else has taken it.
    }
    try {
      const caller = asCaller(JSON.parse(await readFile(taken, "utf8")));
      if (caller === undefined) {
        this.failed(`The note ${name} is not as it should be.`);
      } else {
        this.called(caller);
      }
    } catch (error) {
      this.failed(`The note ${name} cannot be read: ${String(error)}`);
    } finally {
      await rm(taken, { force: true });
    }
  }
}

/** Reads a note. Gives undefined for what is none. */
export function asCaller(value: unknown): Caller | undefined {
  const read = Object(value) as Record<string, unknown>;
  const { pid, host, port, python, cwd, accessToken } = read;
  const given = read["arguments"];
  if (typeof pid !== "number" || typeof host !== "string" || typeof port !== "number") {
    return undefined;
  }
  if (typeof python !== "string" || typeof cwd !== "string") {
    return undefined;
  }
  const words: unknown[] = Array.isArray(given) ? given : [];
  return {
    pid,
    host,
    port,
    python,
    cwd,
    arguments: words.filter((word) => typeof word === "string"),
    ...(typeof accessToken === "string" ? { accessToken } : {}),
  };
}

/** The session's name and what it attaches to. */
export function sessionOf(caller: Caller): Record<string, unknown> & { name: string } {
  return {
    type: "daifu",
    request: "attach",
    name: `daifu ${caller.arguments.join(" ")}`.slice(0, 80).trim(),
    connect: { host: caller.host, port: caller.port },
    python: [caller.python],
    cwd: caller.cwd,
    internalConsoleOptions: "neverOpen",
    ...(caller.accessToken === undefined ? {} : { accessToken: caller.accessToken }),
  };
}
