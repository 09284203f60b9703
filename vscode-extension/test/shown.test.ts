import assert from "node:assert/strict";
import { LineMap } from "../src/common/lines";
import { asCrash, type Crash } from "../src/common/protocol";
import { applies, type OnSave, within } from "../src/recovery/saving";
import { type Draft, SessionState } from "../src/recovery/sessions";
import { stillHeld } from "../src/ui/held";
import { kept } from "../src/ui/kept";
import { label } from "../src/ui/label";
import { lenses } from "../src/ui/lens";
import { brief, names } from "../src/ui/names";
import { report } from "../src/ui/report";

function crash(more: object = {}): Crash {
  const read = asCrash({
    stopId: 7,
    threadId: 3,
    cell: { path: "/p/train.py", line: 3, endLine: 4, code: "x", function: "test" },
    exception: { type: "IndexError", message: "invalid index" },
    resolutions: ["retry", "replace", "skip", "return", "goto"],
    gotoLines: [1, 3, 5],
    ...more,
  });
  assert.ok(read);
  return read;
}

describe("The status bar", () => {
  const state = (draft: Draft = { kind: "none" }): SessionState =>
    Object.assign(new SessionState(), { draft });
  const held = { threadId: 3, crash: crash() };

  it("tells the states", () => {
    assert.match(label(state(), undefined).text, /running, vaccinated/);
    const crashed = label(state(), held);
    assert.match(crashed.text, /crashed and held in test, line 3/);
    assert.match(crashed.tooltip, /IndexError: invalid index/);
    assert.match(label(state({ kind: "ready" }), held).text, /edited, ready to replace/);
    assert.match(label(state(), { threadId: 3 }).text, /stopped/);
    const recovered = new SessionState();
    recovered.recovered = { stopId: 7, resolution: "replace", restoreMs: 14.4, entry: undefined };
    assert.match(label(recovered, undefined).text, /recovered in 14 ms/);
  });

  it("says why an edit would be refused", () => {
    const place = { path: "", line: 0, column: 0, endLine: 0, endColumn: 0 };
    const reason = { code: "DFU0007", message: "The loop is gone.", ...place };
    const shown = label(state({ kind: "refused", reason }), held);
    assert.match(shown.text, /DFU0007/);
    assert.match(shown.tooltip, /The loop is gone\./);
    assert.equal(shown.colour, "error");
  });
});

describe("The notice about those that did not go on", () => {
  const why = "DFU0007: The loop is gone.";

  it("names each with its reason, and each reason once", () => {
    const held = [
      { session: "rank 1 (71)", where: "step, line 9", why },
      { session: "train.py", where: "", why: "The program does not answer." },
      { session: "rank 2 (72)", where: "the module, line 3", why },
    ];
    assert.equal(
      stillHeld(5, held),
      "2 of 5 went on. Still held: rank 1 (71) at step, line 9, and rank 2 (72) at the module, line 3: " +
        `${why} train.py: The program does not answer.`,
    );
    assert.match(stillHeld(1, held.slice(0, 1)), /^none of 1 went on\./);
  });
});

describe("The notice after a recovery", () => {
  const counters = (...values: readonly (readonly [string, number])[]) =>
    values.map(([name, value]) => ({ name, value }));

  it("says what was kept", () => {
    const said = kept(14.2, counters(["epoch", 3], ["step", 12_400]));
    assert.equal(said, "Recovered in 14 ms; 3 epochs, 12,400 steps kept");
    assert.equal(kept(0.4, []), "Recovered in under 1 ms");
    assert.equal(kept(2, counters(["epoch", 1], ["batch", 2])), "Recovered in 2 ms; 1 epoch, 2 batches kept");
    assert.equal(kept(2, counters(["i", 7], ["epoch", 0], ["idx", 2])), "Recovered in 2 ms; i = 7, idx = 2 kept");
  });
});

describe("The lenses", () => {
  const text = "a\nb\nc\nd\ne";

  it("stand where the cells are in the edited text", () => {
    const found = lenses(crash(), new LineMap(text, `new\n${text}`));
    assert.deepEqual(
      found.map(({ line, title }) => `${line} ${title}`),
      [
        "4 $(debug-rerun) Replace cell and continue",
        "4 Retry",
        "4 Skip",
        "4 Return...",
        "2 Run from here",
        "6 Run from here",
      ],
    );
  });

  it("offer only what is possible", () => {
    const found = lenses(crash({ resolutions: ["replace"] }), new LineMap(text, text));
    assert.deepEqual(found.map(({ title }) => title), ["$(debug-rerun) Replace cell and continue"]);
  });
});

describe("Inline values", () => {
  const lines = [
    "import torch",
    "",
    "def before(x):",
    "    return x",
    "",
    "def main(rate):",
    '    name = f"the {rate} of it"  # a comment',
    "    for step, (data, target) in enumerate(loader):",
    "        total = model(data, scale=rate).sum() + total",
    "        more = 1",
  ];

  it("are those of the function's names from its head to the line that is next", () => {
    const found = names(lines, 8).map(({ name, line }) => `${line} ${name}`);
    assert.deepEqual(found, [
      "5 rate", "6 name", "7 step", "7 data", "7 target", "7 loader", "8 total", "8 data", "8 rate",
    ]);
    for (const { name, line, column } of names(lines, 9)) {
      assert.equal(lines[line]?.slice(column, column + name.length), name);
    }
  });

  it("count columns behind strings over several lines", () => {
    const text = ['a = """one', 'two""" + b', "c = a, d = b"];
    const found = names(text, 2).map(({ name, line, column }) => `${line}:${column} ${name}`);
    assert.deepEqual(found, ["0:0 a", "1:9 b", "2:0 c", "2:4 a", "2:7 d", "2:11 b"]);
  });
});

describe("A value at a line's end", () => {
  it("is short, and says what an operand is", () => {
    assert.equal(brief({ value: "3", type: "int" }), "3");
    const value = `tensor([[1.0000,\n        2.0000${", 3.0000".repeat(20)}]])`;
    assert.equal(brief({ value, type: "Tensor" }, "Tensor [1, 22] float32 on cpu"), "Tensor [1, 22] float32 on cpu");
    assert.equal(brief({ value, type: "Tensor" }), "tensor([[1.0000, 2.0000, 3.0000, 3.0000…");
    assert.equal(brief({ value: "<module 'torch'>", type: "module" }), undefined);
  });
});

describe("A save", () => {
  it("applies an edit as the setting says", () => {
    const table: Readonly<Record<OnSave, string>> = {
      never: "",
      manual: "manual-clean manual-dirty",
      manualIfDirty: "manual-dirty",
      all: "manual-clean manual-dirty auto-clean auto-dirty",
      allIfDirty: "manual-dirty auto-dirty",
    };
    for (const [setting, expected] of Object.entries(table)) {
      const found = [true, false].flatMap((manual) =>
        [false, true]
          .filter((dirty) => applies(setting as OnSave, { manual, dirty }))
          .map((dirty) => `${manual ? "manual" : "auto"}-${dirty ? "dirty" : "clean"}`),
      );
      assert.equal(found.join(" "), expected, setting);
    }
  });

  it("has a time limit", async () => {
    assert.equal(await within(5, new Promise(() => undefined)), undefined);
    assert.equal(await within(1_000, Promise.resolve(true)), true);
    await assert.rejects(within(1_000, Promise.reject(new Error("no"))), /no/);
  });
});

describe("The description of a crash", () => {
  it("has the operands, the frames and the ways on", () => {
    const said = report(
      crash({
        hint: "Use .item().",
        operands: { x: { type: "Tensor", shape: [64, 8], dtype: "float32", device: "cpu" }, sizes: { type: "list", length: 3 } },
        progress: [{ name: "epoch", value: 1200 }],
        frames: [{ function: "test", resumable: true }, { function: "lib", resumable: false, reason: "a | b" }],
      }),
    );
    assert.match(said, /^# IndexError$/m);
    assert.match(said, /\| x \| Tensor \[64, 8\] float32 on cpu \|/);
    assert.match(said, /\| sizes \| list of 3 \|/);
    assert.match(said, /\| epoch \| 1,200 \|/);
    assert.match(said, /\| lib \| a \\\| b \|/);
    assert.match(said, /Use \.item\(\)\./);
    assert.match(said, /\*Run from here\*/);
  });
});
