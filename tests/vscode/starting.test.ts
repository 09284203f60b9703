import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, PYTHON, ROOT } from "./places.ts";
import { open } from "./setup.ts";
import type { Workbench } from "./workbench.ts";

const PROGRAM = `import sys

losses = [0.5, 0.25]

def train():
    for step in range(3):
        print(sys.argv[1:], step, losses[step])

train()
print("finished")
`;
const WRONG = "        print(sys.argv[1:], step, losses[step])";
const RIGHT = "        print(sys.argv[1:], step, losses[step % 2])";
const LINE = PROGRAM.split("\n").indexOf(WRONG) + 1;

const LAUNCH = `{
    // Written for Microsoft's debugger.
    "version": "0.2.0",
    "configurations": [
        {
            "name": "Train", // with our arguments
            "type": "debugpy",
            "request": "launch",
            "program": "\${workspaceFolder}/train.py",
            "args": ["--from", "launch.json", "\${command:pickProcess}", "\${command:pickArgs}"],
            "envFile": "\${workspaceFolder}/.env",
            "console": "integratedTerminal",
        },
    ],
}
`;

function project(settings?: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "daifu start ü-"));
  writeFileSync(join(folder, "train.py"), PROGRAM);
  writeFileSync(join(folder, ".env"), "PYTHONUNBUFFERED=1\n");
  mkdirSync(join(folder, ".vscode"));
  if (settings !== undefined) {
    writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify(settings));
  }
  return folder;
}

/** The notes of programs that are held in a folder. */
function notes(folder: string): string[] {
  const where = join(folder, ".daifu");
  return existsSync(where) ? readdirSync(where) : [];
}

/** Waits for the crash, mends the line, is told what that does, and waits for the program's end. */
async function mend(workbench: Workbench, printed: RegExp): Promise<void> {
  await crashed(workbench);
  // The editor has seen what the test has written to the disk.
  await workbench.until(() => workbench.line("print(sys"), /losses\W*step\W*\)/);
  await workbench.writeLine(LINE, RIGHT);
  await workbench.until(() => workbench.line("def train"), /takes effect:\s+now/);
  await workbench.toolbar("Replace cell and continue").click();
  await workbench.until(() => workbench.terminal(), printed);
  await ended(workbench);
}

async function crashed(workbench: Workbench): Promise<void> {
  await workbench.locator(".debug-top-stack-frame-line").waitFor();
  await workbench.until(async () => (await workbench.status.textContent()) ?? "", /crash|held/i);
}

async function ended(workbench: Workbench): Promise<void> {
  await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });
}

describe("A session begins", function () {
  this.timeout(240_000);
  const others: ChildProcess[] = [];

  /** Runs Python beside the editor, to the end of the tests at most. */
  function beside(cwd: string, ...args: readonly string[]): ChildProcess {
    const child = spawn(PYTHON, args, { cwd, stdio: "ignore", env: { ...process.env, DAIFU_ADAPTER_ENDPOINTS: "" } });
    others.push(child);
    return child;
  }

  after(() => {
    for (const child of others) {
      child.kill("SIGKILL");
    }
  });

  it("by the button, by a command in the terminal, again after a detach, and by a configuration of debugpy's", async () => {
    const folder = project();
    const train = join(folder, "train.py");
    const workbench = await open(folder, "start");

    await workbench.openFile("train.py");
    const button = workbench.locator('.editor-actions [aria-label*="Debug with DaiFu"]');
    await button.first().waitFor();
    await workbench.shot("button");
    await button.first().click();
    await mend(workbench, /\[\] 2 0\.5\s*finished/);

    writeFileSync(train, PROGRAM);
    await workbench.run("Terminal: Create New Terminal");
    await workbench.locator(".terminal-wrapper.active .xterm-cursor").first().waitFor();
    await workbench.until(() => workbench.terminal(), /[#$%>] *$/);
    await workbench.page.keyboard.type("daifu train.py --typed 'a b'\n");
    await crashed(workbench);
    await workbench.shot("typed");
    // An editor that goes leaves it held, and comes back to the same crash.
    await workbench.run("Debug: Disconnect");
    await ended(workbench);
    await workbench.until(() => workbench.terminal(), /held until a debugger attaches/);
    // Another one is held, too, so it is asked which is meant.
    const other = join(folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "held.py"), "1 / 0\n");
    const { pid } = beside(other, "-m", "daifu_dap", "held.py");
    await workbench.until(() => Promise.resolve(notes(other).join()), /held-\d+\.json/);
    await workbench.run("DaiFu: Attach to a held program");
    const held = workbench.locator(".quick-input-list .monaco-list-row");
    await held.filter({ hasText: `process ${pid}` }).waitFor();
    await workbench.shot("held");
    assert.equal(await held.count(), 2);
    await held.filter({ hasNotText: `process ${pid}` }).click();
    await mend(workbench, /\['--typed', 'a b'\] 2 0\.5\s*finished/);

    writeFileSync(train, PROGRAM);
    const launch = join(folder, ".vscode/launch.json");
    writeFileSync(launch, LAUNCH);
    await workbench.quickOpen("launch.json");
    await workbench.shot("lens");
    await workbench.lens("Turn into a DaiFu configuration").click();
    await workbench.until(
      () => Promise.resolve(readFileSync(launch, "utf8")),
      /"type": "daifu"/,
    );
    assert.equal(readFileSync(launch, "utf8"), LAUNCH.replace('"debugpy"', '"daifu"'));
    await workbench.shot("converted");
    const marked = ["one", "two"].map((word) => beside(folder, "-c", "import time; time.sleep(3600)", `marked-${word}`));
    await workbench.pressUntil("F5", held, 10_000);
    await workbench.page.keyboard.type("marked-");
    await workbench.until(async () => `${await held.count()}`, /^2$/);
    await workbench.shot("processes");
    await held.filter({ hasText: "marked-one" }).click();
    await workbench.page.getByText("The program's arguments").first().waitFor();
    await workbench.page.keyboard.type("two words");
    await workbench.press("Enter");
    const picked = `'--from', 'launch.json', '${marked[0]?.pid}', 'two words'`;
    await mend(workbench, new RegExp(`\\[${picked}\\] 2 0\\.5\\s*finished`));
    await workbench.shot("launched");
  });

  it("once what is missing is installed, by one click, where there is no pip either", async () => {
    const python = environment(/^(?:pip|daifu|_editable_impl_daifu)/);
    const source = mkdtempSync(join(tmpdir(), "daifu-source-"));
    for (const name of ["daifu_dap", "docs", "examples", "pyproject.toml", "README.md", "LICENSE"]) {
      cpSync(join(ROOT, name), join(source, name), { recursive: true });
    }
    const workbench = await open(
      project({ "daifu.python": python, "daifu.package": ["--no-deps", source] }),
      "install",
    );
    await workbench.openFile("train.py");
    const notice = workbench.notice("daifu-dap is not installed");
    await workbench.pressUntil("F5", notice);
    await workbench.shot("offer");
    await notice.first().locator(".monaco-button", { hasText: "Install" }).click();
    await workbench.locator(".debug-toolbar").waitFor({ timeout: 60_000 });
    await mend(workbench, /\[\] 2 0\.5\s*finished/);
    await workbench.shot("installed");
  });
});
