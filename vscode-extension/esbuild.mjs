import { cpSync, readdirSync } from "node:fs";
import * as esbuild from "esbuild";

const has = (flag) => process.argv.includes(flag);

/** @type {esbuild.BuildOptions} */
const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  // Modules before UMD, which hides from the bundler what it requires.
  mainFields: ["module", "main"],
  sourcemap: true,
  logLevel: "warning",
};

const extension = {
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  minify: has("--production"),
  sourcemap: !has("--production"),
};

const tests = {
  ...common,
  entryPoints: readdirSync("test").map((name) => `test/${name}`),
  outdir: "out/test",
  external: [],
};

const options = has("--tests") ? tests : extension;
if (has("--watch")) {
  await (await esbuild.context(options)).watch();
} else {
  await esbuild.build(options);
}
if (!has("--tests")) {
  // Notices open these pages.
  for (const page of ["refusals.md", "troubleshooting.md"]) {
    cpSync(`../docs/${page}`, `dist/docs/${page}`);
  }
}
