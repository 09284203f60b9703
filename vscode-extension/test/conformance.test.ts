import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DebugClient } from "@vscode/debugadapter-testsupport";

const ROOT = resolve("..");
const PROGRAM = `def work(rows):
    total = 0
    for row in rows:
        total += row["x"]
    print("total", total, flush=True)

work([{"x": 1}, {"y": 2}])
`;

/** The interpreter of the repository's environment, or of the environment that is active. */
function python(): string {
  const own = join(ROOT, ".venv", "bin", "python");
  return existsSync(own) ? own : "python3";
}

describe("The adapter, driven by VS Code's own test client", () => {
  let folder: string;
  let client: DebugClient;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "daifu-"));
    client = new DebugClient(python(), join(ROOT, "daifu_dap", "adapter"), "daifu");
    client.defaultTimeout = 60_000;
    await client.start();
  });

  after(async () => {
    await client.stop();
    rmSync(folder, { recursive: true });
  });

  it("hits a breakpoint, holds a crash, and recovers it with a plain continue", async () => {
    const program = join(folder, "main.py");
    writeFileSync(program, PROGRAM);
    const launch = { program, cwd: folder, console: "internalConsole" };
    await client.hitBreakpoint(launch, { path: program, line: 2 });
    const threadId = await onlyThread(client);

    const crashed = client.assertStoppedLocation("exception", { path: program, line: 4 });
    await client.continueRequest({ threadId });
    await crashed;
    const { body } = await client.stackTraceRequest({ threadId });
    const shown = body.stackFrames.map((frame) => [frame.name, frame.line]);
    assert.deepEqual(shown, [["work", 4], ["<module>", 7]]);
    const { body: info } = await client.exceptionInfoRequest({ threadId });
    assert.equal(info.exceptionId, "KeyError");

    writeFileSync(program, PROGRAM.replace('row["x"]', 'row.get("x", 20)'));
    const printed = client.assertOutput("stdout", "total 21", 60_000);
    const over = client.waitForEvent("terminated", 60_000);
    await client.continueRequest({ threadId });
    await Promise.all([printed, over]);
  }).timeout(90_000);
});

/** The number of the program's one thread. */
async function onlyThread(client: DebugClient): Promise<number> {
  const { body } = await client.threadsRequest();
  assert.equal(body.threads.length, 1);
  return body.threads[0]?.id ?? 0;
}
