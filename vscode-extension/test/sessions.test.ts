import assert from "node:assert/strict";
import { choose, Sessions, SessionState, type Stop } from "../src/recovery/sessions";

function event(name: string, body: unknown): unknown {
  return { type: "event", event: name, body };
}

function crash(stopId: number, threadId?: number, more: object = {}): unknown {
  return event("daifu/crash", {
    stopId,
    ...(threadId === undefined ? {} : { threadId }),
    cell: { path: "/p/train.py", line: 73, endLine: 73, code: "x", function: "test" },
    exception: { type: "IndexError", message: "invalid index" },
    ...more,
  });
}

function stopped(threadId: number, reason = "exception"): unknown {
  return event("stopped", { threadId, reason });
}

function continued(threadId: number, allThreadsContinued: boolean): unknown {
  return event("continued", { threadId, allThreadsContinued });
}

function held(...stops: readonly (readonly [stopId: number, threadId: number])[]): SessionState {
  const state = new SessionState();
  for (const [stopId, threadId] of stops) {
    state.receive(crash(stopId, threadId));
    state.receive(stopped(threadId));
  }
  return state;
}

describe("A session", () => {
  it("tells of a crash when its thread has stopped, and of how it was recovered", () => {
    const state = new SessionState();
    assert.equal(state.receive(crash(1, 10)), undefined);
    assert.equal(state.receive(stopped(10))?.kind, "crashed");
    assert.equal(state.stop(10)?.crash?.stopId, 1);
    assert.equal(state.receive(continued(10, true))?.kind, "continued");
    assert.deepEqual(state.stopped, []);
    const entry = { journalId: 4, changes: [{ path: "/p/train.py", diff: "..." }] };
    const body = { threadId: 10, stopId: 1, resolution: "replace", restoreMs: 14.2, entry };
    const news = state.receive(event("daifu/recovered", body));
    assert.ok(news?.kind === "recovered");
    assert.equal(news.crash?.cell.line, 73);
    assert.equal(news.recovered.entry?.changes[0]?.path, "/p/train.py");
    assert.equal(state.recovered?.restoreMs, 14.2);
  });

  it("reads a crash that names no thread as that of the thread that stops", () => {
    const state = new SessionState();
    state.receive(crash(1));
    state.receive(stopped(10));
    assert.equal(state.stop(10)?.crash?.stopId, 1);
  });

  it("has stops that are no crashes", () => {
    const state = new SessionState();
    assert.equal(state.receive(stopped(10, "breakpoint"))?.kind, "stopped");
    assert.deepEqual(state.stopped, [{ threadId: 10 }]);
  });

  it("lets one of several held threads go on", () => {
    const state = held([1, 10], [2, 20]);
    state.receive(continued(10, false));
    assert.deepEqual(
      state.stopped.map(({ threadId }) => threadId),
      [20],
    );
  });

  it("takes the answer to continue as the end of all stops, unless that says otherwise", () => {
    const answer = (allThreadsContinued: boolean): unknown => ({
      type: "response",
      command: "continue",
      success: true,
      body: { allThreadsContinued },
    });
    const state = held([1, 10], [2, 20]);
    assert.equal(state.receive(answer(false)), undefined);
    assert.equal(state.stopped.length, 2);
    assert.equal(state.receive(answer(true))?.kind, "continued");
    assert.equal(state.stopped.length, 0);
  });

  it("keeps the crash of a thread that is to go on at another cell", () => {
    const state = held([1, 10]);
    assert.equal(state.receive(stopped(10, "goto"))?.kind, "stopped");
    assert.equal(state.stop(10)?.crash?.stopId, 1);
  });

  it("replaces a thread's old crash by its new one", () => {
    const state = held([1, 10], [2, 10]);
    assert.deepEqual(
      state.stopped.map((stop) => stop.crash?.stopId),
      [2],
    );
  });

  it("remembers why a request was refused until it succeeds", () => {
    const state = held([1, 10]);
    const failure = (command: string): unknown => ({
      type: "response",
      command,
      success: false,
      body: { refusals: [{ code: "DFU0001", message: "No.", path: "/p/train.py", line: 3 }] },
    });
    assert.equal(state.receive(failure("daifu/replaceCell")), undefined);
    assert.equal(state.refusals("daifu/replaceCell")[0]?.line, 3);
    assert.equal(state.receive(failure("continue"))?.kind, "refused");
    assert.equal(state.receive(failure("daifu/validate")), undefined);
    state.receive({ type: "response", command: "daifu/replaceCell", success: true, body: {} });
    assert.deepEqual(state.refusals("daifu/replaceCell"), []);
  });

  it("has nothing stopped when the program has ended", () => {
    const state = held([1, 10]);
    state.receive(event("terminated", undefined));
    assert.deepEqual(state.stopped, []);
  });

  it("ignores what it cannot read", () => {
    const state = new SessionState();
    for (const message of [null, 3, {}, event("daifu/crash", { stopId: 1 }), event("daifu/recovered", {}), event("stopped", null), { type: "response" }]) {
      assert.equal(state.receive(message), undefined);
    }
    assert.equal(state.receive(stopped(10))?.kind, "stopped");
  });
});

describe("Sessions", () => {
  it("are kept apart, and forgotten when they end", () => {
    const sessions = new Sessions();
    sessions.of("a").receive(stopped(1, "pause"));
    assert.equal(sessions.of("b").stopped.length, 0);
    assert.deepEqual(sessions.stops(), [["a", { threadId: 1 }]]);
    sessions.forget("a");
    assert.deepEqual(sessions.stops(), []);
  });

  it("give a command the stop in view, or those to choose from", () => {
    const at = (state: SessionState): readonly Stop[] => state.stopped;
    const [one, two] = at(held([1, 10], [2, 20]));
    assert.ok(one && two);
    const other = at(held([3, 10]))[0];
    assert.ok(other);
    const plain: Stop = { threadId: 30 };
    const stops = [
      ["a", one],
      ["a", two],
      ["a", plain],
      ["child", other],
    ] as const;
    assert.deepEqual(choose(stops, { session: "a", thread: 20 }, true), [["a", two]]);
    assert.deepEqual(choose(stops, { session: "child", thread: 99 }, true), [["child", other]]);
    assert.deepEqual(choose(stops, { session: "a", thread: 30 }, false), [["a", plain]]);
    assert.equal(choose(stops, { session: "a", thread: 30 }, true).length, 2);
    assert.equal(choose(stops, { session: "elsewhere" }, true).length, 3);
    assert.deepEqual(choose([], {}, false), []);
  });
});
