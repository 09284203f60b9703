import assert from "node:assert/strict";
import { createTwoFilesPatch } from "diff";
import { differ, LineMap } from "../src/common/lines";
import { asMappings, toLocal, toRemote } from "../src/common/paths";
import { type Entry, asEntries } from "../src/common/protocol";
import { changedPaths, exported, pair, undone } from "../src/recovery/changes";

const BEFORE = "import os\n\n\ndef main():\n    a = 1\n    b = a / 0\n    return b\n";
const MIDDLE = BEFORE.replace("a / 0", "a / 1");
const AFTER = MIDDLE.replace("    b =", "    # mended\n    b =");

function entry(...texts: readonly string[]): Entry {
  const changes = texts.slice(1).map((text, index) => ({
    path: "/work/src/main.py",
    diff: createTwoFilesPatch("main.py", "main.py", texts[index] ?? "", text),
  }));
  const [read] = asEntries({ entries: [{ journalId: 7, path: "/work/src/main.py", changes }] });
  assert.ok(read);
  return read;
}

describe("Lines of the running text in the edited one", () => {
  const running = "a\nb\nc\nd\ne";

  it("move with what is put before them, and stay where they were edited", () => {
    const lines = new LineMap(running, "new\na\nb\nC\nd\ne");
    assert.deepEqual([1, 2, 3, 4, 5].map((line) => lines.line(line)), [2, 3, 4, 5, 6]);
    assert.equal(lines.back(4), 3);
    assert.equal(lines.back(1), undefined);
  });

  it("are where the line is that took their place, when they were deleted", () => {
    const lines = new LineMap(running, "a\nd\ne");
    assert.deepEqual([1, 2, 3, 4, 5].map((line) => lines.line(line)), [1, 2, 2, 2, 3]);
  });

  it("do not care about line ends", () => {
    assert.equal(new LineMap(running, running.replaceAll("\n", "\r\n")).line(4), 4);
    assert.ok(!differ(running, running.replaceAll("\n", "\r\n")));
    assert.ok(differ(running, "a"));
  });

  it("have an answer for a line that is not there", () => {
    assert.equal(new LineMap(running, "").line(99), 1);
  });
});

describe("The changes of a recovery", () => {
  it("are taken back out of a text, the last one first", () => {
    const { changes } = entry(BEFORE, MIDDLE, AFTER);
    assert.equal(undone(AFTER, changes), BEFORE);
    assert.equal(undone(`${AFTER}\nmore = 1\n`, changes), `${BEFORE}\nmore = 1\n`);
    assert.equal(undone(AFTER.replaceAll("\n", "\r\n"), changes), BEFORE.replaceAll("\n", "\r\n"));
  });

  it("are not taken out of a text that no longer has them", () => {
    assert.equal(undone(AFTER.replace("a / 1", "a / 2"), entry(BEFORE, AFTER).changes), undefined);
  });

  it("show as whole texts, or as what their diff has", () => {
    const told = entry(BEFORE, AFTER);
    assert.deepEqual(changedPaths(told), ["/work/src/main.py"]);
    assert.equal(pair(told, "/work/src/main.py", AFTER).before, BEFORE);
    const part = pair(told, "/work/src/main.py", undefined);
    assert.match(part.before, /b = a \/ 0/);
    assert.match(part.after, /# mended\n {4}b = a \/ 1/);
    assert.ok(!part.before.includes("mended"));
  });

  it("keep a last line without an end", () => {
    const told = entry("a = 1\nb = 2", "a = 1\nb = 3");
    assert.equal(undone("a = 1\nb = 3", told.changes), "a = 1\nb = 2");
    assert.equal(pair(told, "/work/src/main.py", undefined).before, "a = 1\nb = 2\n");
  });

  it("are a patch with paths in the folder", () => {
    const patch = exported([entry(BEFORE, MIDDLE), entry(MIDDLE, AFTER)], "/work");
    assert.equal(patch.match(/^--- a\/src\/main\.py$/gm)?.length, 2);
    assert.equal(patch.match(/^\+\+\+ b\/src\/main\.py$/gm)?.length, 2);
    assert.match(exported([entry(BEFORE, AFTER)], "/elsewhere"), /^--- a\/work\/src\/main\.py$/m);
  });
});

describe("Paths on two machines", () => {
  const mappings = asMappings([
    { localRoot: "/home/me/project/", remoteRoot: "/app" },
    { localRoot: 3, remoteRoot: "/x" },
    null,
  ]);

  it("are translated both ways", () => {
    assert.equal(mappings.length, 1);
    assert.equal(toLocal("/app/src/main.py", mappings), "/home/me/project/src/main.py");
    assert.equal(toRemote("/home/me/project/src/main.py", mappings), "/app/src/main.py");
    assert.equal(toLocal("/application/main.py", mappings), "/application/main.py");
    const windows = asMappings([{ localRoot: "C:\\me", remoteRoot: "/app" }]);
    assert.equal(toLocal("/app/src/main.py", windows), "C:\\me\\src\\main.py");
    assert.equal(toRemote("C:\\me\\src\\main.py", windows), "/app/src/main.py");
    assert.deepEqual(asMappings(undefined), []);
  });
});
