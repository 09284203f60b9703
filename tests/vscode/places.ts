/** Where things are: the checkout, the cached VS Code, the interpreter, the browser. */

import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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

/**
 * Makes an environment without pip, as uv makes them, and gives its interpreter. It has all packages
 * of ours, or all but some.
 */
export function environment(without?: RegExp): string {
  const folder = join(mkdtempSync(join(tmpdir(), "daifu venv ö-")), "venv");
  execFileSync(PYTHON, ["-m", "venv", "--without-pip", folder]);
  const python = join(folder, "bin/python");
  const [own, ours] = [python, PYTHON].map((interpreter) =>
    execFileSync(interpreter, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], {
      encoding: "utf8",
    }).trim(),
  ) as [string, string];
  if (without === undefined) {
    writeFileSync(join(own, "all.pth"), `import site; site.addsitedir(${JSON.stringify(ours)})\n`);
  } else {
    for (const name of readdirSync(ours).filter((each) => !without.test(each))) {
      symlinkSync(join(ours, name), join(own, name));
    }
  }
  return python;
}
