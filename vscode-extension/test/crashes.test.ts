import assert from "node:assert/strict";
import { Crashes } from "../src/recovery/crashes";

function crash(stopId: number, threadId?: number): Record<string, unknown> {
  return {
    stopId,
    ...(threadId === undefined ? {} : { threadId }),
    cell: { path: "/p/train.py", line: 73, endLine: 73, code: "x", function: "test" },
    exception: { type: "IndexError", message: "invalid index" },
  };
}

describe("Crashes", () => {
  it("holds a crash until it is recovered", () => {
    const crashes = new Crashes();
    assert.equal(crashes.state("s").kind, "running");
    assert.ok(crashes.receive("s", "daifu/crash", crash(1)));
    assert.equal(crashes.current("s")?.stopId, 1);
    assert.equal(crashes.state("s").kind, "crashed");
    const body = { threadId: 1, stopId: 1, resolution: "replace", restoreMs: 14.2, journalId: 1 };
    assert.ok(crashes.receive("s", "daifu/recovered", body));
    assert.deepEqual(crashes.state("s"), {
      kind: "recovered",
      recovered: { stopId: 1, resolution: "replace", restoreMs: 14.2 },
    });
  });

  it("acts on the crash of the thread in view, else on the last one", () => {
    const crashes = new Crashes();
    crashes.receive("s", "daifu/crash", crash(1, 10));
    crashes.receive("s", "daifu/crash", crash(2, 20));
    assert.equal(crashes.current("s", 10)?.stopId, 1);
    assert.equal(crashes.current("s", 30)?.stopId, 2);
    assert.equal(crashes.current("s")?.stopId, 2);
  });

  it("replaces a thread's old crash by its new one", () => {
    const crashes = new Crashes();
    crashes.receive("s", "daifu/crash", crash(1, 10));
    crashes.receive("s", "daifu/crash", crash(2, 10));
    crashes.resolved("s", 2);
    assert.equal(crashes.current("s"), undefined);
  });

  it("keeps sessions apart and forgets one that ended", () => {
    const crashes = new Crashes();
    crashes.receive("s", "daifu/crash", crash(1));
    assert.equal(crashes.current("other"), undefined);
    crashes.forget("s");
    assert.equal(crashes.state("s").kind, "running");
  });

  it("ignores other events and bodies it cannot read", () => {
    const crashes = new Crashes();
    assert.ok(!crashes.receive("s", "output", { output: "x" }));
    assert.ok(!crashes.receive("s", "daifu/crash", { stopId: 1 }));
    assert.ok(!crashes.receive("s", "daifu/crash", null));
    assert.ok(!crashes.receive("s", "daifu/recovered", {}));
    assert.equal(crashes.state("s").kind, "running");
  });
});
