import assert from "node:assert/strict";
import manifest from "../package.json";
import { Command, CRASHED_CONTEXT, DEBUG_TYPE } from "../src/common/commands";

type Attribute = { description?: string; type?: unknown };

describe("package.json", () => {
  const { commands, debuggers, menus } = manifest.contributes;

  it("contributes exactly the commands of the code", () => {
    const contributed = commands.map(({ command }) => command).sort();
    assert.deepEqual(contributed, Object.values<string>(Command).sort());
  });

  it("enables every command only at a crash", () => {
    assert.deepEqual(
      commands.filter(({ enablement }) => enablement !== CRASHED_CONTEXT),
      [],
    );
  });

  it("puts only known commands into menus", () => {
    const known = new Set<string>(Object.values(Command));
    const used = Object.values(menus).flat();
    assert.deepEqual(
      used.filter(({ command }) => !known.has(command)),
      [],
    );
  });

  it("documents and types every attribute of the debug type", () => {
    assert.deepEqual(
      debuggers.map(({ type }) => type),
      [DEBUG_TYPE],
    );
    const [daifu] = debuggers;
    assert.ok(daifu);
    for (const [request, { properties }] of Object.entries(daifu.configurationAttributes)) {
      for (const [name, value] of Object.entries<Attribute>(properties)) {
        assert.ok(value.description?.endsWith("."), `${request}.${name} has no description`);
        assert.ok(value.type, `${request}.${name} has no type`);
      }
    }
  });

  it("has every attribute of ours in launch and in attach", () => {
    const ours = [
      "vaccinate",
      "vaccinateInclude",
      "vaccinateExclude",
      "onContinue",
      "onDisconnect",
      "accessToken",
    ];
    const { launch, attach } = debuggers[0]?.configurationAttributes ?? {};
    assert.ok(launch && attach);
    for (const name of ours) {
      assert.ok(name in launch.properties, `launch lacks ${name}`);
      assert.ok(name in attach.properties, `attach lacks ${name}`);
    }
  });
});
