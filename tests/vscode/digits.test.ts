import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PYTHON, ROOT } from "./places.ts";
import { open } from "./setup.ts";

const WRONG = "            test_loss += criterion(output, target).data[0]";
const RIGHT = "            test_loss += criterion(output, target).item()";

/** A copy of the example for one test, so that none sees what another has typed. */
function digits(): string {
  const folder = mkdtempSync(join(tmpdir(), "daifu-digits-"));
  cpSync(join(ROOT, "examples/digits"), folder, { recursive: true });
  return folder;
}

/** What the mended program prints last when it runs plain, from the beginning. */
async function plainResult(): Promise<string> {
  const folder = digits();
  const path = join(folder, "train.py");
  writeFileSync(path, readFileSync(path, "utf8").replace(WRONG, RIGHT));
  const { stdout } = await promisify(execFile)(PYTHON, [path], { cwd: folder });
  return stdout.trim().split("\n").at(-1) ?? "";
}

describe("The digits example", () => {
  const text = readFileSync(join(ROOT, "examples/digits/train.py"), "utf8");
  const line = text.split("\n").indexOf(WRONG) + 1;

  it("crashes, refuses an edit, is mended by the quick fix, goes on by the button, and ends with the right result", async () => {
    const expected = plainResult();
    const workbench = await open(digits(), "digits");
    await workbench.openFile("train.py");
    await workbench.debug();
    const top = workbench.locator(".debug-top-stack-frame-line");
    await top.waitFor({ timeout: 60_000 });
    await workbench.lens("Replace cell and continue").waitFor();
    const held = await workbench.until(() => workbench.statusText(), /crashed and held in test, line (\d+)/);
    assert.equal(Number(held[1]), line);
    const box = workbench.locator(".exception-widget");
    const problems = workbench.locator('.part.statusbar .statusbar-item[id="status.problems"]');
    await workbench.until(() => box.innerText(), /target: Tensor \[16\] int64 on cpu/);
    await workbench.shot("crashed");

    await workbench.writeLine(line, WRONG.replace(".data[0]", ".item("));
    await workbench.until(() => workbench.statusText(), /edited, DFU0001 refuses it/);
    await workbench.press("Control+Alt+Enter");
    await workbench.notice("DFU0001").waitFor();
    await workbench.locator(".monaco-editor .squiggly-error").first().waitFor();
    await workbench.until(() => problems.innerText(), /^\s*1\s+0/);
    await workbench.shot("refused");
    await workbench.notice("DFU0001").locator(".monaco-button", { hasText: "About DFU0001" }).click();
    await workbench.locator(".tabs-container .tab.active", { hasText: "Preview refusals.md" }).waitFor();
    const page = workbench.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await page.getByRole("heading", { name: "DFU0001" }).waitFor();
    await workbench.shot("about");
    await workbench.locator(".tabs-container .tab", { hasText: "train.py" }).click();
    await workbench.pressUntil("Control+Alt+Enter", workbench.notice("DFU0001"));

    await workbench.writeLine(line, WRONG);
    await workbench.press("End");
    const fix = workbench.page.locator(".action-widget .monaco-list-row", { hasText: ".item()" }).first();
    await workbench.pressUntil("Control+.", fix);
    await workbench.shot("fix");
    await fix.click();
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await workbench.until(() => workbench.line("test_loss +="), /output, target\)\.item\(\)/);
    await workbench.shot("edited");
    await workbench.toolbar("Replace cell and continue").click();
    await workbench.notice("Recovered in").waitFor();
    assert.equal(await workbench.notice("DFU0001").count(), 0);
    await workbench.shot("recovered");
    const result = await workbench.until(() => workbench.terminal(), /\{"weights_sha256".*\}/, 60_000);
    await workbench.shot("finished");
    assert.equal(result[0], await expected);
    await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });
  });
});
