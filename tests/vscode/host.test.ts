import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { buildSync } from "esbuild";
import { RESULTS, runInHost } from "./setup.ts";

/** VS Code runs tests only beside an extension that is being developed. */
const CARRIER = {
  name: "carrier",
  publisher: "daifu-dap",
  version: "0.0.0",
  engines: { vscode: "^1.95.0" },
};

describe("Inside the extension host", () => {
  it("every scenario passes", async function () {
    this.timeout(300_000);
    const carrier = mkdtempSync(join(tmpdir(), "daifu-carrier-"));
    writeFileSync(join(carrier, "package.json"), JSON.stringify(CARRIER));
    buildSync({
      entryPoints: [join(import.meta.dirname, "host/index.ts")],
      outfile: join(carrier, "index.js"),
      bundle: true,
      platform: "node",
      format: "cjs",
      external: ["vscode"],
    });
    await runInHost(mkdtempSync(join(tmpdir(), "daifu-host-")), carrier);
    const results = JSON.parse(readFileSync(RESULTS, "utf8")) as Record<string, string>;
    const failed = Object.entries(results).filter(([, result]) => result !== "passed");
    assert.deepEqual(failed.map(([name, result]) => `${name}: ${result}`).join("\n\n"), "");
    assert.ok(Object.keys(results).length > 0);
  });
});
