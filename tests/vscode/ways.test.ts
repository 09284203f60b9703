import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON } from "./places.ts";
import { open } from "./setup.ts";
import type { Workbench } from "./workbench.ts";

const PROGRAM = `def scaled(values, by):
    total = sum(values)
    return total / by


def outer(values):
    return scaled(values, 0) + 1


print("outer", outer([1, 2, 3]))
print("again", outer([4]))
`;

/** Chooses an entry of the context menu of a frame in the call stack. */
async function choose(workbench: Workbench, frame: string, title: string): Promise<void> {
  const row = workbench.locator(".debug-call-stack .monaco-list-row", { hasText: frame }).first();
  const entry = workbench.page.locator(".monaco-menu .action-item", { hasText: title }).first();
  for (let attempt = 0; ; attempt++) {
    await row.click({ button: "right" });
    try {
      await entry.waitFor({ timeout: 3_000 });
      await workbench.shot("menu");
      await entry.click({ timeout: 3_000 });
      return;
    } catch (error) {
      if (attempt === 4) {
        throw error;
      }
      await workbench.press("Escape");
    }
  }
}

describe("In a window without a folder", () => {
  it("a crash is described, returned from, restarted by the call stack's menu, raised, and stopped", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "daifu ways é-")), "ways.py");
    writeFileSync(path, PROGRAM);
    const workbench = await open("", "ways", [["openFile", path]]);
    await workbench.debug();
    await workbench.until(() => workbench.statusText(), /crashed and held in scaled, line 3/, 60_000);
    // The values of names stand at the ends of their lines.
    await workbench.until(() => workbench.line("total = sum"), /total = 6/);
    await workbench.until(() => workbench.line("return total"), /by = 0/);
    await workbench.shot("values");

    await workbench.run("DaiFu: Describe the crash");
    await workbench.locator(".tabs-container .tab.active", { hasText: /Preview Crash \d+\.md/ }).waitFor();
    const page = workbench.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await page.getByRole("heading", { name: "ZeroDivisionError" }).waitFor();
    assert.match(await page.locator("body").innerText(), /by is 0: see why/);
    await workbench.shot("described");
    await workbench.locator(".tabs-container .tab", { hasText: "ways.py" }).click();

    await workbench.lens("Return").click();
    await workbench.page.getByText("Return from scaled").first().waitFor();
    await workbench.page.keyboard.type("total - 1");
    await workbench.press("Enter");
    await workbench.until(() => workbench.terminal(), /outer 6/);

    // Called again, by what was edited meanwhile.
    await workbench.until(() => workbench.line("total = sum"), /total = 4/);
    await workbench.writeLine(7, '    print("restarted"); return scaled(values, 0) + 1');
    await choose(workbench, "outer", "Save and restart frame");
    await workbench.until(() => workbench.terminal(), /restarted/);
    await workbench.until(() => workbench.statusText(), /crashed and held in scaled/);
    await choose(workbench, "scaled", "Raise: let the exception go on");
    await workbench.until(() => workbench.terminal(), /ZeroDivisionError: division by zero/);
    await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });

    await workbench.debug();
    await workbench.until(() => workbench.statusText(), /crashed and held in scaled/, 60_000);
    await workbench.toolbar("Stop").click();
    await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });
    await workbench.lens("Skip").waitFor({ state: "detached" });
  });

  it("a program that is held elsewhere on this machine is found", async () => {
    const folder = mkdtempSync(join(tmpdir(), "daifu elsewhere-"));
    const path = join(folder, "elsewhere.py");
    writeFileSync(path, "print(1 / 0)\n");
    const program = spawn(PYTHON, ["-m", "daifu_dap", path], { cwd: folder, stdio: "ignore" });
    try {
      const ended = new Promise((resolve) => program.once("exit", resolve));
      const workbench = await open("", "elsewhere", [["openFile", path]]);
      const row = workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "elsewhere.py" });
      for (let attempt = 0; !(await row.isVisible()); attempt++) {
        await workbench.press("Escape");
        await workbench.run("DaiFu: Attach to a held program");
        try {
          // The machine may hold more than the list shows.
          await workbench.page.getByText("Attach to a held program").first().waitFor({ timeout: 3_000 });
          await workbench.locator(".quick-input-widget input").fill("elsewhere.py", { timeout: 3_000 });
          await row.waitFor({ timeout: 3_000 });
        } catch (error) {
          if (attempt === 9) {
            throw error;
          }
        }
      }
      await workbench.shot("found");
      await row.click();
      await workbench.until(() => workbench.statusText(), /crashed and held in <module>, line 1/);
      await workbench.press("Control+F10");
      assert.equal(await ended, 0);
      await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });
    } finally {
      program.kill("SIGKILL");
    }
  });
});
