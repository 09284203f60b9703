import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { open } from "./setup.ts";

const PROGRAM = `def first(step):
    scale = 10
    return scale / (step - 3)


def second(values):
    return values[5]


def third(value):
    doubled = value
    return doubled


def fourth(total):
    return total + missing


def train(epochs):
    total = 0.0
    for epoch in range(1, epochs + 1):
        for step in range(1, 5):
            total += first(step)
    return total


total = train(2)
print("first", total)
print("second", second([1, 2]))
print("third", third(21))
print("fourth", fourth(1))
`;

const lineOf = (text: string): number => PROGRAM.split("\n").indexOf(text) + 1;

describe("A program with several crashes", () => {
  it("is mended by the palette, by F5 after saving, at a breakpoint, looked back at, and stopped", async () => {
    const folder = mkdtempSync(join(tmpdir(), "daifu-crashes-"));
    const path = join(folder, "main.py");
    writeFileSync(path, PROGRAM);
    const workbench = await open(folder, "crashes");
    await workbench.openFile("main.py");
    await workbench.goToLine(lineOf("    return doubled"));
    await workbench.pressUntil("F9", workbench.locator(".codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified"));
    await workbench.debug();

    // The first: by the palette, from a text that has moved.
    await workbench.until(() => workbench.statusText(), /crashed and held in first, line 3/, 60_000);
    await workbench.lens("Skip").waitFor();
    await workbench.shot("first");
    await workbench.goToLine(2);
    await workbench.press("End");
    await workbench.page.keyboard.insertText("  # ten");
    await workbench.writeLine(3, "    return scale / (step - 3.5)");
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await workbench.shot("edited");
    await workbench.run("DaiFu: Replace cell and continue");

    // The second: saved, and a plain F5.
    await workbench.until(() => workbench.statusText(), /crashed and held in second, line 7/);
    await workbench.shot("second");
    await workbench.writeLine(7, "    return values[1]");
    await workbench.press("Control+s");
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await workbench.press("F5");

    // A breakpoint: the same command where nothing has crashed.
    await workbench.until(() => workbench.statusText(), /stopped/);
    await workbench.shot("breakpoint");
    await workbench.writeLine(lineOf("    return doubled"), "    return doubled * 2");
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await workbench.press("Control+Alt+Enter");

    // The last is held; what was recovered is listed, shown and undone.
    await workbench.until(() => workbench.statusText(), /crashed and held in fourth/);
    await workbench.until(() => workbench.terminal(), /third 42/);
    await workbench.shot("fourth");
    assert.match(readFileSync(path, "utf8"), /step - 3\.5/);
    await workbench.notice("Recovered in").first().waitFor();
    await workbench.shot("notice");
    await workbench.page.locator(".pane-header", { hasText: "DaiFu" }).click();
    const tree = workbench.page.locator(".pane", { has: workbench.locator('.pane-header[aria-label^="DaiFu"]') });
    const row = (text: string): Locator => tree.locator(".monaco-list-row", { hasText: text });
    await row("third: replaced").waitFor();
    await row("first: replaced").click();
    const diff = workbench.locator(".monaco-diff-editor");
    await workbench.until(async () => (await diff.locator(".editor.modified .view-lines").allInnerTexts()).join(), /3\.5/);
    const before = await diff.locator(".editor.original .view-lines").innerText();
    assert.match(before.replaceAll("\u00a0", " "), /scale \/ \(step - 3\)/);
    await workbench.shot("diff");
    await row("third: replaced").hover();
    await row("third: replaced").locator('[aria-label^="Undo"]').click();
    await workbench.notice("undone, in the file and in the program").waitFor();
    await workbench.shot("undone");
    const saved = readFileSync(path, "utf8");
    assert.match(saved, /return doubled\n/);
    assert.match(saved, /step - 3\.5/);

    // Stop ends the program.
    await workbench.toolbar("Stop").click();
    await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });
    await workbench.lens("Skip").waitFor({ state: "detached" });
  });
});
