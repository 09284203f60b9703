import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON, ROOT } from "./places.ts";
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
            "args": ["--from", "launch.json"],
            "envFile": "\${workspaceFolder}/.env",
            "console": "integratedTerminal",
        },
    ],
}
`;

function project(settings?: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "daifu-start-"));
  writeFileSync(join(folder, "train.py"), PROGRAM);
  writeFileSync(join(folder, ".env"), "PYTHONUNBUFFERED=1\n");
  mkdirSync(join(folder, ".vscode"));
  if (settings !== undefined) {
    writeFileSync(join(folder, ".vscode/settings.json"), JSON.stringify(settings));
  }
  return folder;
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
  this.timeout(180_000);

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
    await workbench.run("DaiFu: Attach to a held program");
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
    await workbench.debug();
    await mend(workbench, /\['--from', 'launch.json'\] 2 0\.5\s*finished/);
    await workbench.shot("launched");
  });

  it("once what is missing is installed, by one click", async () => {
    // An environment that has everything but daifu-dap, and pip by way of ours.
    const environment = join(mkdtempSync(join(tmpdir(), "daifu-venv-")), "venv");
    execFileSync(PYTHON, ["-m", "venv", "--without-pip", environment]);
    const python = join(environment, "bin/python");
    const packages = (interpreter: string): string =>
      execFileSync(interpreter, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], {
        encoding: "utf8",
      }).trim();
    writeFileSync(join(packages(python), "deps.pth"), `${packages(PYTHON)}\n`);
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
