import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";

/** A process of this machine. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** The user's processes: those that run Python first, of each kind the newest first. */
export async function processes(): Promise<readonly Process[]> {
  const found = process.platform === "linux" ? await fromProc() : await fromPs();
  return sorted(found.filter(({ pid }) => pid !== process.pid));
}

/** Linux tells in files; a minimal container has no `ps`. */
async function fromProc(): Promise<Process[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        const line = await readFile(`/proc/${name}/cmdline`, "utf8");
        return { pid: Number(name), command: line.split("\0").join(" ").trim() };
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((each): each is Process => each !== undefined && each.command !== "");
}

async function fromPs(): Promise<Process[]> {
  return new Promise((resolve, reject) => {
    execFile("ps", ["axww", "-o", "pid=,args="], { maxBuffer: 2 ** 24 }, (error, stdout) => {
      if (error === null) {
        resolve(parsePs(stdout));
      } else {
        reject(new Error(`The processes cannot be listed: ${error.message}`));
      }
    });
  });
}

/** Reads what `ps -o pid=,args=` prints. */
export function parsePs(text: string): Process[] {
  return text
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\S.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, command]) => ({ pid: Number(pid), command: command ?? "" }));
}

/** Whether a process runs Python, as its command line says. */
export function runsPython({ command }: Process): boolean {
  return /^(?:python|pypy|torchrun|ipython)[\d.]*$/i.test(basename(command.split(" ", 1)[0] ?? ""));
}

/** Puts what runs Python first, and of each kind the newest first. */
export function sorted(found: readonly Process[]): Process[] {
  return found.toSorted(
    (a, b) => Number(runsPython(b)) - Number(runsPython(a)) || b.pid - a.pid,
  );
}
