import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  });
});
