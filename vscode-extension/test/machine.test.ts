import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asMappings, toLocal } from "../src/common/paths";
import { before, judge, probe } from "../src/config/probe";
import { findUv, installation } from "../src/config/tools";
import { parsePs, processes, runsPython, sorted } from "../src/config/processes";
import { board, somethingHeld } from "../src/language/board";
import { localized } from "../src/language/mapping";
import { type Caller, Inbox, sessionOf } from "../src/terminal/inbox";
import { ENDPOINTS, FALLBACK, SCRIPT } from "../src/terminal/script";

const folder = (): string => mkdtempSync(join(tmpdir(), "daifu-test-"));

/** A program in the place of an interpreter. */
function fake(body: string, name = "python"): string {
  const path = join(folder(), name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const answering = (answer: unknown): string =>
  fake(`echo 'sitecustomize says hello'; echo 'daifu:${JSON.stringify(answer)}'`);

describe("An interpreter", () => {
  const tools = { executable: "/v/python", pip: true, ensurepip: false };
  const READY = { python: "3.11", version: "0.1.0", lsp: true, ...tools };
  const cases = [
    ["is ready", READY, { kind: "ready", version: "0.1.0", lsp: true, tools }],
    ["has no server", { ...READY, lsp: false }, { kind: "ready", version: "0.1.0", lsp: false, tools }],
    ["lacks us", { ...READY, version: null }, { kind: "missing", tools }],
    ["has an old one", { ...READY, version: "0.0.9" }, { kind: "old", version: "0.0.9", tools }],
    ["is old itself", { ...READY, python: "3.9" }, { kind: "oldPython", version: "3.9" }],
  ] as const;
  for (const [name, answer, finding] of cases) {
    it(name, async () => {
      assert.deepEqual(await probe([answering(answer)], undefined), finding);
    });
  }

  it("is none", async () => {
    const reason = async (python: string): Promise<string> => {
      const finding = await probe([python], undefined);
      assert.equal(finding.kind, "broken");
      return finding.reason;
    };
    assert.match(await reason("/no/such/python"), /was not found/);
    assert.match(await reason(fake("echo 'no room left' >&2; exit 1")), /^no room left$/);
    assert.match(await reason(fake("exit 0")), /answers nothing/);
    assert.equal(judge("{").kind, "broken");
    assert.equal(judge("[]").kind, "broken");
  });

  it("takes arguments before the question", async () => {
    const python = fake('[ "$1" = -X ] && [ "$3" = -c ] && echo \'daifu:{"python": "3.9"}\'');
    assert.equal((await probe([python, "-X", "dev"], undefined)).kind, "oldPython");
  });

  it("is installed into by its own pip, by uv, or by the pip that it brings", () => {
    const what = ["--index-url", "there", "daifu-dap[lsp]"];
    const python = ["/v/python", "-X", "dev"];
    const own = [...python, "-m", "pip", "install", "--upgrade", ...what];
    assert.deepEqual(installation(python, what, tools, "/b/uv"), [own]);
    const none = { ...tools, pip: false };
    const uv = ["/b/uv", "pip", "install", "--python", "/v/python", "--upgrade", ...what];
    assert.deepEqual(installation(["conda", "run", "python"], what, none, "/b/uv"), [uv]);
    const brought = [...python, "-m", "ensurepip", "--default-pip"];
    assert.deepEqual(installation(python, what, { ...none, ensurepip: true }, undefined), [brought, own]);
    assert.deepEqual(installation(python, what, none, undefined), []);
  });

  it("has uv on the PATH, or where uv's installer puts it", () => {
    const uv = fake("", "uv");
    assert.equal(findUv({ PATH: `/no/such:${join(uv, "..")}` }, "/nobody"), uv);
    const home = folder();
    assert.equal(findUv({ PATH: "" }, home), undefined);
    mkdirSync(join(home, ".local/bin"), { recursive: true });
    writeFileSync(join(home, ".local/bin/uv"), "");
    assert.equal(findUv({}, home), undefined);
    chmodSync(join(home, ".local/bin/uv"), 0o755);
    assert.equal(findUv({}, home), join(home, ".local/bin/uv"));
  });

  it("has a version that can be compared", () => {
    assert.ok(before("0.9", "0.10") && before("3.9", "3.11") && before("1.0", "1.0.1"));
    assert.ok(!before("1.0rc1", "1.0") && !before("2", "1.9.9") && !before("0.1.0", "0.1"));
  });
});

describe("The processes of the machine", () => {
  it("are listed, those that run Python first and the newest first", () => {
    const found = parsePs("    1 /sbin/init\n  20 /usr/bin/python3.11 a.py\n30 bash -l\n x\n 40 python b.py");
    assert.deepEqual(sorted(found).map(({ pid }) => pid), [40, 20, 30, 1]);
    assert.ok(!runsPython({ pid: 1, command: "/opt/python-tools/run" }));
    assert.ok(runsPython({ pid: 1, command: "/v/bin/torchrun --standalone" }));
  });

  it("are there", async () => {
    const found = await processes();
    assert.ok(found.some(({ pid }) => pid === process.ppid));
    assert.ok(!found.some(({ pid }) => pid === process.pid));
  });
});

describe("The command daifu", () => {
  const script = join(folder(), "daifu");
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o755);
  const python = (has: boolean): string =>
    fake(`[ "$1" = -c ] && exit ${has ? 0 : 1}; echo "$0" "$DAIFU_ADAPTER_ENDPOINTS" "$*"`);
  const run = (path: string, fallback: string): { stdout: string; stderr: string; status: number | null } =>
    spawnSync(script, ["train.py", "a b", "*"], {
      encoding: "utf8",
      env: { PATH: `${path}:/usr/bin:/bin`, [ENDPOINTS]: "/the/folder", [FALLBACK]: fallback },
    });

  it("runs on the terminal's interpreter, with the arguments as they are", () => {
    const own = python(true);
    const { stdout, status } = run(join(own, ".."), python(true));
    assert.equal(stdout, `${own} /the/folder -m daifu_dap train.py a b *\n`);
    assert.equal(status, 0);
  });

  it("runs on the editor's where the terminal's has no daifu-dap", () => {
    const other = python(true);
    // Both names are taken, so that no interpreter of the machine's is found.
    const folderOf = join(python(false), "..");
    writeFileSync(join(folderOf, "python3"), "#!/bin/sh\nexit 1\n");
    chmodSync(join(folderOf, "python3"), 0o755);
    assert.ok(run(folderOf, other).stdout.startsWith(`${other} /the/folder`));
    const none = run(folderOf, "");
    assert.equal(none.status, 1);
    assert.match(none.stderr, /python -m pip install daifu-dap/);
  });

  it("is understood by every shell there is", () => {
    for (const shell of ["sh", "dash", "bash", "zsh"]) {
      if (spawnSync(shell, ["-c", ":"]).status === 0) {
        execFileSync(shell, ["-n", script]);
      }
    }
  });
});

describe("The folder where terminals call", () => {
  const note = { pid: 7, host: "127.0.0.1", port: 1, python: "/p", cwd: "/w", arguments: ["a.py", "-x"] };
  const opened: Inbox[] = [];
  afterEach(() => {
    for (const inbox of opened.splice(0)) {
      inbox.close();
    }
  });

  const open = async (where: string): Promise<{ calls: Caller[]; failures: string[] }> => {
    const calls: Caller[] = [];
    const failures: string[] = [];
    const inbox = new Inbox(where, (caller) => calls.push(caller), (reason) => failures.push(reason));
    opened.push(inbox);
    await inbox.open();
    return { calls, failures };
  };

  const eventually = async (condition: () => boolean): Promise<void> => {
    for (let i = 0; i < 400 && !condition(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(condition());
  };

  it("is closed to others, and a note in it is taken and followed", async () => {
    const where = join(folder(), "new");
    const { calls } = await open(where);
    assert.equal(statSync(where).mode & 0o777, 0o700);
    writeFileSync(join(where, ".7-1.json"), JSON.stringify(note));
    execFileSync("mv", [join(where, ".7-1.json"), join(where, "7-1.json")]);
    await eventually(() => calls.length === 1 && readdirSync(where).length === 0);
    assert.deepEqual(calls, [note]);
    assert.deepEqual(sessionOf(note), {
      type: "daifu",
      request: "attach",
      name: "daifu a.py -x",
      connect: { host: "127.0.0.1", port: 1 },
      python: ["/p"],
      cwd: "/w",
      internalConsoleOptions: "neverOpen",
    });
  });

  it("gives a note that was there before, to one of two windows", async () => {
    const where = folder();
    writeFileSync(join(where, "7-2.json"), JSON.stringify(note));
    const [one, two] = await Promise.all([open(where), open(where)]);
    await eventually(() => readdirSync(where).length === 0);
    assert.equal(one.calls.length + two.calls.length, 1);
  });

  it("says what is wrong with what is no note", async () => {
    const where = folder();
    const { calls, failures } = await open(where);
    writeFileSync(join(where, "7-3.json"), JSON.stringify({ ...note, port: "1" }));
    await eventually(() => failures.length > 0 && readdirSync(where).length === 0);
    assert.deepEqual(calls, []);
    assert.match(failures[0] ?? "", /7-3\.json/);
  });

  it("is there again when its disk was emptied", async () => {
    const where = join(folder(), "gone");
    await open(where);
    rmSync(where, { recursive: true });
    const { calls } = await open(where);
    writeFileSync(join(where, "7-4.json"), JSON.stringify(note));
    await eventually(() => calls.length === 1);
  });
});

describe("What adapters hold", () => {
  it("is looked for where they put it", () => {
    const runtime = folder();
    assert.equal(board({ DAIFU_STATE_DIR: "/d", XDG_RUNTIME_DIR: runtime }, 5), "/d");
    assert.equal(board({ XDG_RUNTIME_DIR: runtime }, 5), join(runtime, "daifu"));
    assert.equal(board({ XDG_RUNTIME_DIR: "/none" }, 5), join(tmpdir(), "daifu-5"));
    assert.equal(board({}, undefined), undefined);
    mkdirSync(join(runtime, "daifu"));
    assert.ok(!somethingHeld(join(runtime, "daifu")));
    writeFileSync(join(runtime, "daifu", "12-1.json"), "{}");
    assert.ok(somethingHeld(join(runtime, "daifu")));
    assert.ok(!somethingHeld("/none") && !somethingHeld(undefined));
  });

  it("has the editor's paths where the program has others", () => {
    const mappings = asMappings([
      { localRoot: "/srv/project/", remoteRoot: "/app" },
      { localRoot: 1, remoteRoot: "/x" },
    ]);
    assert.equal(toLocal("/app/a.py", mappings), "/srv/project/a.py");
    assert.equal(toLocal("/application/a.py", mappings), "/application/a.py");
    assert.deepEqual(
      localized({ stops: [{ point: { path: "/app/a.py", line: 3 } }], texts: { "/app/a.py": "path" } }, mappings),
      {
        stops: [{ point: { path: "/srv/project/a.py", line: 3 } }],
        texts: { "/srv/project/a.py": "path" },
      },
    );
  });
});
