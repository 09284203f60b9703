import assert from "node:assert/strict";
import { adapterCommand } from "../src/adapter/command";
import { asCrash } from "../src/common/protocol";
import { asCommand, withDefaults } from "../src/config/defaults";
import { replace, replaceAndContinue, resolve, validate } from "../src/recovery/requests";

const crash = asCrash({
  stopId: 7,
  threadId: 3,
  cell: { path: "/p/train.py", line: 73, endLine: 74, code: "x", function: "test" },
  exception: { type: "IndexError", message: "invalid index" },
});

describe("requests", () => {
  const stop = { threadId: 3, ...(crash === undefined ? {} : { crash }) };

  it("name the stop, the thread and the file", () => {
    assert.deepEqual(replaceAndContinue(stop, { path: "/p/train.py" }), {
      command: "daifu/replaceCellAndContinue",
      arguments: { threadId: 3, stopId: 7, source: { path: "/p/train.py" } },
    });
    assert.deepEqual(resolve(stop, "skip"), {
      command: "daifu/resolve",
      arguments: { threadId: 3, stopId: 7, action: "skip" },
    });
    assert.deepEqual(resolve(stop, "return", { value: "3" }).arguments["value"], "3");
  });

  it("name no stop where nothing has crashed, and no file where what was saved counts", () => {
    assert.deepEqual(replace({ threadId: 3 }).arguments, { threadId: 3 });
    const text = { path: "/p/a.py", text: "" };
    const expected = { threadId: 3, source: { path: "/p/a.py" }, text: "" };
    assert.deepEqual(validate({ threadId: 3 }, text).arguments, expected);
  });
});

describe("the adapter's command", () => {
  it("keeps the interpreter's own arguments apart", () => {
    assert.deepEqual(adapterCommand(["/my env/python", "-X", "dev"]), {
      command: "/my env/python",
      args: ["-X", "dev", "-m", "daifu_dap.adapter"],
    });
  });

  it("says what to do when there is no interpreter", () => {
    assert.throws(() => adapterCommand([]), /daifu\.python/);
  });

  it("reads a path or a command", () => {
    assert.deepEqual(asCommand("/usr/bin/python3"), ["/usr/bin/python3"]);
    assert.deepEqual(asCommand(["py", "-3.11"]), ["py", "-3.11"]);
    for (const bad of ["", " ", [], [1], undefined, null, 3]) {
      assert.equal(asCommand(bad), undefined);
    }
  });
});

describe("F5 with no launch.json", () => {
  it("launches the file in the editor", () => {
    const entry = withDefaults({}, "/p/train.py");
    assert.equal(entry.type, "daifu");
    assert.equal(entry.request, "launch");
    assert.equal(entry["program"], "/p/train.py");
  });

  it("says what to do when there is no file", () => {
    assert.throws(() => withDefaults({}, undefined), /launch\.json/);
  });

  it("leaves a written entry alone", () => {
    const entry = { type: "daifu", request: "attach", name: "a" };
    assert.equal(withDefaults(entry, "/p/train.py"), entry);
  });

  it("keeps the Debug Console from covering the program's terminal", () => {
    const entry = { type: "daifu", request: "launch", name: "a", program: "a.py" };
    const options = "internalConsoleOptions";
    assert.equal(withDefaults(entry, undefined)[options], "neverOpen");
    assert.equal(withDefaults({ ...entry, [options]: "openOnSessionStart" }, undefined)[options], "openOnSessionStart");
    assert.equal(withDefaults({ ...entry, console: "internalConsole" }, undefined)[options], undefined);
  });
});
