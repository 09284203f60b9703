import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { buildSync } from "esbuild";
import { environment, PYTHON } from "./places.ts";
import { RESULTS, runInHost } from "./setup.ts";

/** Builds a file as an extension of its own, and gives its folder. */
function extension(publisher: string, name: string, source: string, more: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "daifu-extension-"));
  const manifest = { publisher, name, version: "2025.1.0", engines: { vscode: "^1.95.0" }, ...more };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  buildSync({
    entryPoints: [join(import.meta.dirname, "host", source)],
    outfile: join(folder, "index.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
  });
  return folder;
}

describe("Inside the extension host", () => {
  it("every scenario passes", async function () {
    this.timeout(300_000);
    // VS Code runs tests only beside an extension that is being developed.
    const carrier = extension("daifu-dap", "carrier", "index.ts");
    const python = extension("ms-python", "python", "python.ts", { main: "index.js", activationEvents: ["*"] });
    const folder = mkdtempSync(join(tmpdir(), "daifu host ü-"));
    await runInHost(folder, [carrier, python], { DAIFU_HOST_PYTHON: PYTHON, DAIFU_HOST_OTHER: environment() });
    const results = JSON.parse(readFileSync(RESULTS, "utf8")) as Record<string, string>;
    const failed = Object.entries(results).filter(([, result]) => result !== "passed");
    assert.deepEqual(failed.map(([name, result]) => `${name}: ${result}`).join("\n\n"), "");
    assert.ok(Object.keys(results).length > 0);
  });
});
