/** Where things are: the checkout, the cached VS Code, the interpreter, the browser. */

import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** The folder that `.ci/vscode` installs into, and that screenshots go to; git ignores it. */
export const CACHE = process.env["DAIFU_VSCODE"] ?? join(ROOT, ".vscode-test");

/** The interpreter that has `daifu-dap`. */
export const PYTHON = process.env["DAIFU_PYTHON"] ?? join(ROOT, ".venv/bin/python");

/** The packed extension, as somebody would install it. */
export const VSIX = join(ROOT, "vscode-extension/out/daifu-dap.vsix");

export const SCREENSHOTS = join(CACHE, "screenshots");

/** Finds the browser. Throws an error that says what to install. */
export function chromium(): string {
  const named = process.env["CHROMIUM"];
  if (named !== undefined) {
    return named;
  }
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        continue;
      }
    }
  }
  throw new Error("No chromium was found: apt-get install chromium, or set CHROMIUM to its path.");
}
