/**
 * Runs inside the extension host, beside the installed extension, and uses it through VS Code's API.
 *
 * Each scenario is a function of its own; the results go to the file that DAIFU_HOST_RESULTS names.
 */

import { renameSync, writeFileSync } from "node:fs";
import { modes } from "./modes.ts";
import { scenarios } from "./scenarios.ts";

export async function run(): Promise<void> {
  const file = process.env["DAIFU_HOST_RESULTS"] ?? "";
  const results: Record<string, string> = {};
  for (const [name, scenario] of Object.entries({ ...scenarios, ...modes })) {
    try {
      await scenario();
      results[name] = "passed";
    } catch (error) {
      results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    writeFileSync(`${file}.part`, JSON.stringify(results));
  }
  renameSync(`${file}.part`, file);
}
