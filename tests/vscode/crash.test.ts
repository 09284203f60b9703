import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
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
  it("is mended by the palette, by F5 after and without saving, at a breakpoint, looked back at, and exported", async () => {
    // A workspace of two folders; the program's is the second one.
    const workspace = mkdtempSync(join(tmpdir(), "daifu-crashes-"));
    const folder = join(workspace, "nächste runs");
    mkdirSync(join(workspace, "first"));
    mkdirSync(folder);
    const path = join(folder, "main.py");
    writeFileSync(path, PROGRAM);
    const folders = [{ path: "first" }, { path: "nächste runs" }];
    writeFileSync(join(workspace, "all.code-workspace"), JSON.stringify({ folders, settings: {} }));
    const workbench = await open(join(workspace, "all.code-workspace"), "crashes");
    await workbench.unfold("nächste runs", "main.py");
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
    await row("third: replaced, undone").waitFor();
    await workbench.shot("undone");
    const saved = readFileSync(path, "utf8");
    assert.match(saved, /return doubled\n/);
    assert.match(saved, /step - 3\.5/);

    // All that is left of the edits, as a patch.
    await workbench.run("DaiFu: Export the changes as a patch");
    const box = workbench.locator(".quick-input-widget input");
    await workbench.until(() => box.inputValue(), /nächste runs\/recovery-[\d-]+\.patch$/);
    await workbench.shot("exporting");
    await box.fill(join(folder, "kept.patch"));
    await box.press("Enter");
    await workbench.locator(".tabs-container .tab.active", { hasText: "kept.patch" }).waitFor();
    const patch = readFileSync(join(folder, "kept.patch"), "utf8");
    assert.match(patch, /^--- a\/main\.py$/m);
    assert.doesNotMatch(patch, /doubled \* 2/);
    assert.match(patch, /^\+ {4}return scale \/ \(step - 3\.5\)$/m);

    // F5 saves, too, where a folder's settings say so.
    mkdirSync(join(folder, ".vscode"));
    writeFileSync(join(folder, ".vscode/settings.json"), '{"daifu.mode": "onContinue"}');
    await workbench.run("DaiFu: Go to the crashed cell");
    await workbench.writeLine(lineOf("    return total + missing"), "    return total + 1");
    await workbench.until(() => workbench.statusText(), /edited, ready to replace/);
    await workbench.pressUntil("F5", workbench.locator(".part.panel", { hasText: "fourth 2" }), 10_000);
    assert.match(readFileSync(path, "utf8"), /return total \+ 1\n/);
    await workbench.locator(".debug-toolbar").waitFor({ state: "hidden" });
    await workbench.lens("Skip").waitFor({ state: "detached" });
  });
});
