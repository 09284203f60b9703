/**
 * Takes the pictures of the walkthrough and the READMEs: `npm run pictures --workspace tests/vscode`.
 *
 * They are screenshots of the digits example in the real workbench, in the order in which a person
 * sees it, cropped and with a palette. `.ci/extension` and `.ci/vscode` have run before, so that
 * what is shown is the packed extension of this checkout.
 */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withPalette } from "./palette.ts";
import { ROOT } from "./places.ts";
import { open } from "./setup.ts";
import type { Workbench } from "./workbench.ts";

const MEDIA = join(ROOT, "vscode-extension/media");
const WIDTH = 1060;
const HEIGHT = 760;

/** Keeps the part of the screen between two heights. */
async function keep(workbench: Workbench, name: string, top = 0, bottom = HEIGHT): Promise<void> {
  const clip = { x: 0, y: top, width: WIDTH, height: bottom - top };
  writeFileSync(join(MEDIA, `${name}.png`), withPalette(await workbench.page.screenshot({ clip })));
}

const lineOf = (text: string, part: string): number =>
  text.split("\n").findIndex((line) => line.includes(part)) + 1;

describe("The pictures", () => {
  it("are taken", async function () {
    this.timeout(300_000);
    mkdirSync(MEDIA, { recursive: true });
    const folder = join(mkdtempSync(join(tmpdir(), "daifu-pictures-")), "digits");
    cpSync(join(ROOT, "examples/digits"), folder, { recursive: true });
    const text = readFileSync(join(folder, "train.py"), "utf8");
    const workbench = await open(folder, "pictures");
    const { page } = workbench;
    await page.setViewportSize({ width: WIDTH, height: HEIGHT });

    await workbench.openFile("train.py");
    await workbench.goToLine(lineOf(text, "accuracy = correct"));
    await workbench.pressUntil("F9", workbench.locator(".codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified"));
    await workbench.press("Control+b");
    const button = workbench.locator('.editor-actions [aria-label*="Debug with DaiFu"]').first();
    await button.hover();
    await page.locator(".workbench-hover", { hasText: "Debug with DaiFu" }).first().waitFor();
    await keep(workbench, "start", 30, 480);

    await button.click();
    await workbench.until(() => workbench.statusText(), /crashed and held/, 90_000);
    await workbench.lens("Replace cell and continue").waitFor();
    await workbench.until(() => workbench.locator(".exception-widget").innerText(), /target: Tensor/);
    await workbench.press("Control+j");
    await keep(workbench, "crash", 30);

    await workbench.goToLine(lineOf(text, ".data[0]"));
    await workbench.press("End");
    const fix = page.locator(".action-widget .monaco-list-row", { hasText: ".item()" }).first();
    await workbench.pressUntil("Control+.", fix);
    await keep(workbench, "fix", 30);
    await fix.click();
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await workbench.until(() => workbench.line("def test"), /takes effect:\s+now/);
    await workbench.toolbar("Replace cell and continue").hover();
    await keep(workbench, "ready", 30);

    await workbench.press("Control+Alt+Enter");
    await workbench.notice("Recovered in").waitFor();
    await workbench.until(() => workbench.statusText(), /stopped/);
    await workbench.press("Control+b", "Control+Shift+d");
    await page.locator(".pane-header", { hasText: "DaiFu" }).click();
    await page.locator(".monaco-list-row", { hasText: "test: replaced" }).waitFor();
    await page.locator(".monaco-list-row", { hasText: "test: replaced" }).click();
    await page.locator(".monaco-diff-editor .editor.modified .view-line").first().waitFor();
    await keep(workbench, "recovered", 30);

    await workbench.press("Control+w", "Control+b");
    await page.locator(".notification-toast .codicon-notifications-clear").first().click();
    await workbench.writeLine(lineOf(text, "accuracy = correct"), "    accuracy = correct / len(loader.sampler)");
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await keep(workbench, "breakpoint", 330);
  });

  it("are with the icon", async () => {
    const workbench = await open(mkdtempSync(join(tmpdir(), "daifu-icon-")), "icon");
    const { page } = workbench;
    await page.setContent(`<body style="margin:0">${readFileSync(join(MEDIA, "icon.svg"), "utf8")}</body>`);
    await page.setViewportSize({ width: 128, height: 128 });
    writeFileSync(join(MEDIA, "icon.png"), await page.screenshot({ omitBackground: true }));
  });
});
