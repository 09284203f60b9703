import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convert, foreign } from "../src/config/convert";
import { launchOf, seeksHeld, withDefaults, withEnv } from "../src/config/defaults";
import { parseEnv } from "../src/config/envfile";
import { attachTo, notesOf, readNote } from "../src/config/held";
import { moduleOf, rootOf } from "../src/config/modules";

describe("A configuration of another Python debugger", () => {
  const LAUNCH = `{
  // Kept.
  "version": "0.2.0",
  "configurations": [
    {
      "name": "Train", // the usual one
      "type": "debugpy",   /* and this */
      "request": "launch",
      "program": "\${file}",
      "args": ["--lr", "0.1"],
    },
    { "name": "Browser", "type": "chrome", "request": "launch" },
    {
      "name": "Remote",
      "type": "python",
      "request": "attach",
      "host": "gpu1", // the big one
      "port": 5678,
      "pythonPath": "/usr/bin/python3",
    },
  ],
}
`;

  const all = (text: string): string =>
    convert(
      text,
      foreign(text).map(({ path }) => path),
    );

  it("is found where it is, with its name", () => {
    assert.deepEqual(
      foreign(LAUNCH).map(({ name, path, offset }) => [name, path, LAUNCH[offset]]),
      [
        ["Train", ["configurations", 0], "{"],
        ["Remote", ["configurations", 2], "{"],
      ],
    );
    assert.deepEqual(foreign("{ this is no JSON"), []);
    assert.deepEqual(foreign(""), []);
    assert.deepEqual(foreign('{"configurations": {"type": "debugpy"}}'), []);
    assert.equal(foreign('{"configurations": [{"type": "debugpy"}]}')[0]?.name, "configuration 1");
  });

  it("changes its type, and nothing else changes", () => {
    const only = convert(LAUNCH, [["configurations", 0]]);
    assert.equal(only, LAUNCH.replace('"type": "debugpy"', '"type": "daifu"'));
  });

  it("gets the names of today for what was spelt otherwise", () => {
    const today = LAUNCH.replaceAll(/"debugpy"|"python"(?=,)/g, '"daifu"')
      .replace('      "host": "gpu1", // the big one\n', "       // the big one\n")
      .replace('"port": 5678', '"connect": { "host": "gpu1", "port": 5678 }')
      .replace('"pythonPath"', '"python"');
    const now = all(LAUNCH);
    assert.equal(now.replaceAll(/^ +(?=\/\/)/gm, ""), today.replaceAll(/^ +(?=\/\/)/gm, ""));
    assert.deepEqual(foreign(now), []);
  });

  it("loses what only Microsoft's extension reads, and no comma is left over", () => {
    const entry = (...lines: string[]): string =>
      `{"configurations": [{\n  ${lines.join(",\n  ")}\n}]}`;
    const useless = ['"purpose": ["debug-test"]', '"debugAdapterPath": "/x"'];
    const type = '"type": "debugpy"';
    for (const lines of [
      [type, ...useless],
      [...useless, type],
      [useless[0] ?? "", type, useless[1] ?? ""],
    ]) {
      assert.equal(all(entry(...lines)), entry('"type": "daifu"'), lines.join());
    }
    const onOneLine = '{"configurations": [{"type": "debugpy", "purpose": [], "args": []}]}';
    assert.equal(all(onOneLine), '{"configurations": [{"type": "daifu", "args": []}]}');
    const both = '{"configurations": [{"type": "python", "python": "a", "pythonPath": "b"}]}';
    assert.equal(all(both), '{"configurations": [{"type": "daifu", "python": "a" }]}');
  });

  it("is found in a workspace file, and line ends stay", () => {
    const text = '{\r\n\t"folders": [],\r\n\t"launch": {"configurations": [{"type": "python", "pythonPath": "p"}]}\r\n}\r\n';
    const now = all(text);
    assert.match(now, /"type": "daifu"/);
    assert.doesNotMatch(now.replaceAll("\r\n", ""), /\n/);
  });
});

describe("An entry", () => {
  it("that is empty runs the file in the editor", () => {
    const entry = withDefaults({}, "/w/train.py");
    assert.deepEqual(entry, { internalConsoleOptions: "neverOpen", ...launchOf("/w/train.py") });
    assert.throws(() => withDefaults({}, undefined), /open the Python file/);
  });

  it("names its terminal in either way", () => {
    const entry = { type: "daifu", request: "launch", console: "internalConsole" };
    assert.equal(withDefaults({ ...entry, consoleName: "T" }, undefined)["consoleTitle"], "T");
    const both = { ...entry, consoleName: "A", consoleTitle: "B" };
    assert.equal(withDefaults(both, undefined)["consoleTitle"], "B");
  });

  it("that says nothing of what to attach to means a held program", () => {
    assert.ok(seeksHeld({ type: "daifu", request: "attach" }));
    assert.ok(!seeksHeld({ type: "daifu", request: "attach", connect: { port: 1 } }));
    assert.ok(!seeksHeld({ type: "daifu", request: "attach", processId: "1" }));
    assert.ok(!seeksHeld({ type: "daifu", request: "launch" }));
  });

  it("has its own variables above those of its file", () => {
    const entry = { envFile: "/w/.env", env: { A: "own", GONE: null }, cwd: "/w" };
    assert.deepEqual(withEnv(entry, { A: "file", B: "file" }), {
      env: { A: "own", B: "file", GONE: null },
      cwd: "/w",
    });
  });
});

describe("A file of environment variables", () => {
  const cases: readonly [name: string, text: string, found: Record<string, string>][] = [
    ["plain lines", "A=1\nB = two words \r\n\nC=", { A: "1", B: "two words", C: "" }],
    ["comments", "# A=1\nB=x # y\nC=x#y\nD='#'", { B: "x", C: "x#y", D: "#" }],
    ["export", "export A=1\n  export  B=2", { A: "1", B: "2" }],
    ["quotes", "A='it ${B}'\nB=\"a\\n\\\"b\\\"\"", { A: "it ${B}", B: 'a\n"b"' }],
    ["values over lines", "A=\"1\n2\"\nB=3", { A: "1\n2", B: "3" }],
    ["others", "A=1\nB=${A}/${OUT}/${NONE}", { A: "1", B: "1/there/" }],
    ["what is no line of it", "nothing\n=1\n1A=2\nB=3", { B: "3" }],
    ["an open quote", 'A="1\nB=2', { A: '"1', B: "2" }],
    ["a byte order mark", "\uFEFFA=1", { A: "1" }],
  ];
  for (const [name, text, found] of cases) {
    it(`understands ${name}`, () => {
      assert.deepEqual(parseEnv(text, { OUT: "there" }), found);
    });
  }
});

describe("A module that can be run", () => {
  it("has the name that python -m takes, in the folder that it takes it in", () => {
    const found = ["pkg/__main__.py", "src/pkg/sub/__main__.py", "__main__.py", "my-pkg/__main__.py"];
    assert.deepEqual(found.map(moduleOf), ["pkg", "pkg.sub", undefined, undefined]);
    assert.deepEqual(found.map(rootOf), ["", "src", "", ""]);
  });
});

describe("The note of a held program", () => {
  const folder = join(mkdtempSync(join(tmpdir(), "daifu-note-")), ".daifu");
  mkdirSync(folder);
  const write = (text: string): string => {
    const path = join(folder, "held-7.json");
    writeFileSync(path, text);
    return path;
  };
  const note = { pid: 7, adapterPid: 8, host: "127.0.0.1", port: 40123, since: "today" };

  it("leads to it while its adapter lives", () => {
    const path = write(JSON.stringify(note));
    const held = readNote(path, (pid) => pid === 8);
    assert.ok(held);
    assert.deepEqual(attachTo(held, { name: "mine", type: "daifu", justMyCode: false }), {
      type: "daifu",
      request: "attach",
      name: "mine",
      connect: { host: "127.0.0.1", port: 40123 },
      justMyCode: false,
    });
    assert.equal(readNote(path, () => false), undefined);
  });

  it("is left out when it is none", () => {
    for (const text of ["", "[]", "null", "{}", '{"host": 1, "port": 2}']) {
      assert.equal(readNote(write(text), () => true), undefined, text);
    }
    assert.equal(readNote(join(folder, "none.json")), undefined);
  });

  it("is found by its process, wherever it runs", () => {
    const processes = mkdtempSync(join(tmpdir(), "daifu-proc-"));
    mkdirSync(join(processes, "7"));
    symlinkSync("/srv/run", join(processes, "7", "cwd"));
    assert.deepEqual(notesOf([7, 8], processes), ["/srv/run/.daifu/held-7.json"]);
  });
});
