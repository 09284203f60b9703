import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Folders whose modules must run in plain Node, so that their tests need no editor. */
const editorFree = [
  "src/common/{commands,lines,paths,protocol,settings,start}.ts",
  "src/adapter/command.ts",
  "src/config/{convert,defaults,envfile,held,modules,probe,processes,tools}.ts",
  "src/language/{board,mapping}.ts",
  "src/recovery/changes.ts",
  "src/recovery/requests.ts",
  "src/recovery/saving.ts",
  "src/recovery/sessions.ts",
  "src/terminal/{door,script}.ts",
  "src/ui/kept.ts",
  "src/ui/label.ts",
  "src/ui/lens.ts",
  "src/ui/names.ts",
  "src/ui/report.ts",
];

export default tseslint.config(
  { ignores: ["dist/", "out/", "node_modules/", "*.mjs"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: editorFree,
    rules: { "no-restricted-imports": ["error", "vscode"] },
  },
);
