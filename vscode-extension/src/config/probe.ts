import { execFile } from "node:child_process";
import type { Tools } from "./tools";

/** What was found out about an interpreter. */
export type Finding =
  | { readonly kind: "ready"; readonly version: string; readonly lsp: boolean; readonly tools: Tools }
  | { readonly kind: "missing"; readonly tools: Tools }
  | { readonly kind: "old"; readonly version: string; readonly tools: Tools }
  | { readonly kind: "oldPython"; readonly version: string }
  | { readonly kind: "broken"; readonly reason: string };

/** The oldest `daifu-dap` and the oldest Python that the extension works with. */
export const OLDEST = "0.1.0";
export const OLDEST_PYTHON = "3.11";

const MARK = "daifu:";

/** Runs in the interpreter, in any version of Python 3. A site's own start-up code may print, too. */
const QUESTION = `
import importlib.util as util, json, sys
def there(name):
    try:
        return util.find_spec(name) is not None
    except Exception:
        return False
try:
    import daifu_dap
    version = getattr(daifu_dap, "__version__", None)
except ImportError:
    version = None
print("\\n${MARK}" + json.dumps({
    "python": "%d.%d" % sys.version_info[:2],
    "version": version,
    "lsp": there("pygls") and there("lsprotocol"),
    "executable": sys.executable,
    "pip": there("pip"),
    "ensurepip": there("ensurepip"),
}))
`;

/** Asks an interpreter what it has. Never throws. */
export async function probe(
  command: readonly string[],
  cwd: string | undefined,
  patience = 60_000,
): Promise<Finding> {
  const [program = "", ...rest] = command;
  return new Promise((resolve) => {
    execFile(
      program,
      [...rest, "-c", QUESTION],
      { timeout: patience, ...(cwd === undefined ? {} : { cwd }) },
      (error, stdout, stderr) => {
        const line = stdout.split("\n").findLast((each) => each.startsWith(MARK));
        const last = stderr.trim().split("\n").at(-1) ?? "";
        resolve(
          line === undefined
            ? { kind: "broken", reason: broken(error, last, program) }
            : judge(line.slice(MARK.length)),
        );
      },
    );
  });
}

function broken(error: (Error & { code?: unknown }) | null, last: string, program: string): string {
  if (error?.code === "ENOENT") {
    return `${program} was not found`;
  }
  if (error?.code === "EACCES") {
    return `${program} cannot be run`;
  }
  return last === "" ? (error?.message ?? "it answers nothing") : last;
}

/** Reads an interpreter's answer. */
export function judge(answer: string): Finding {
  let read: unknown;
  try {
    read = JSON.parse(answer);
  } catch {
    return { kind: "broken", reason: "its answer cannot be read" };
  }
  const { python, version, lsp, executable, pip, ensurepip } = Object(read) as Record<string, unknown>;
  if (typeof python !== "string") {
    return { kind: "broken", reason: "its answer cannot be read" };
  }
  if (before(python, OLDEST_PYTHON)) {
    return { kind: "oldPython", version: python };
  }
  const tools = {
    executable: typeof executable === "string" ? executable : "",
    pip: pip === true,
    ensurepip: ensurepip === true,
  };
  if (typeof version !== "string") {
    return { kind: "missing", tools };
  }
  return before(version, OLDEST)
    ? { kind: "old", version, tools }
    : { kind: "ready", version, lsp: lsp === true, tools };
}

/** Whether a version is before another; of `1.2.3rc1` the numbers count. */
export function before(version: string, other: string): boolean {
  const numbers = (text: string): number[] => text.split(".").map((part) => parseInt(part, 10) || 0);
  const [left, right] = [numbers(version), numbers(other)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}
