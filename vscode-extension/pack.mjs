/**
 * Packs the extension into `out/daifu-dap.vsix`.
 *
 * The page that an editor shows of an extension shows pictures from the web only, neither its files
 * nor ones in the text. So the README keeps its pictures where package.json names a repository,
 * whose address vsce puts before their paths; otherwise its steps are a list. The walkthrough has
 * them in any case.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createVSIX } from "@vscode/vsce";

const hosted = JSON.parse(readFileSync("package.json", "utf8")).repository !== undefined;
const text = readFileSync("README.md", "utf8");
const plain = text
  .replace(/^\| \| \|\n\|---\|---\|\n/m, "")
  .replaceAll(/^\| (\d\. .*?) \| !\[.*?\]\(media\/\w+\.png\) \|$/gm, "$1");
mkdirSync("out", { recursive: true });
writeFileSync("out/README.md", hosted ? text : plain);
await createVSIX({
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: hosted,
  readmePath: "out/README.md",
  packagePath: "out/daifu-dap.vsix",
});
