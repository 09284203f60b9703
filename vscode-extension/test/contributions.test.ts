import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import manifest from "../package.json";
import { Command, Context, DEBUG_TYPE, RECOVERIES_VIEW } from "../src/common/commands";
import { Start } from "../src/common/start";

type Attribute = { description?: string; type?: unknown };

describe("package.json", () => {
  const { colors, commands, debuggers, keybindings, menus, views } = manifest.contributes;

  it("contributes exactly the commands of the code", () => {
    const contributed = commands.map(({ command }) => command).sort();
    const known = [...Object.values<string>(Command), ...Object.values<string>(Start)];
    assert.deepEqual(contributed, known.sort());
  });

  it("enables every command of the crash half only when it can be used", () => {
    const keys = new Set<string>(Object.values(Context));
    const half = new Set<string>(Object.values(Command));
    assert.deepEqual(
      commands.filter(({ command, enablement = "" }) => half.has(command) && !keys.has(enablement)),
      [],
    );
  });

  it("asks only for context keys that the code sets", () => {
    const known = new Set<string>([...Object.values(Context), RECOVERIES_VIEW]);
    const clauses = [...Object.values(menus).flat(), ...keybindings, ...views.debug];
    const used = clauses.flatMap(({ when }) => when.match(/\bdaifu\.\w+/g) ?? []);
    assert.deepEqual(
      used.filter((key) => !known.has(key)),
      [],
    );
  });

  it("binds keys only while a program is stopped", () => {
    const known = new Set<string>(Object.values(Command));
    for (const { command, when } of keybindings) {
      assert.ok(known.has(command), command);
      assert.match(when, /debugType == 'daifu' && daifu\.(?:crashed|stopped|savesOnContinue)/);
    }
    const keys = keybindings.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
  });

  it("names each key in the README", () => {
    const readme = readFileSync("README.md", "utf8").toLowerCase();
    for (const { key } of keybindings) {
      assert.ok(readme.includes(`\`${key}\``), `the README lacks ${key}`);
    }
  });

  it("documents each command and setting in the README", () => {
    const readme = readFileSync("README.md", "utf8");
    for (const { title } of commands) {
      assert.ok(readme.includes(title), `the README lacks ${title}`);
    }
    for (const name of Object.keys(manifest.contributes.configuration.properties)) {
      assert.ok(readme.includes(`\`${name}\``), `the README lacks ${name}`);
    }
  });

  it("contributes the tree and the colours that the code asks for", () => {
    assert.deepEqual(views.debug.map(({ id }) => id), [RECOVERIES_VIEW]);
    const used = readFileSync("src/ui/highlight.ts", "utf8").match(/daifu\.crashedCell\w+/g) ?? [];
    assert.deepEqual([...new Set(used)].sort(), colors.map(({ id }) => id).sort());
  });

  it("puts only known commands into menus", () => {
    const known = new Set<string>([...Object.values(Command), ...Object.values(Start)]);
    const used = Object.values(menus).flat();
    assert.deepEqual(
      used.filter(({ command }) => !known.has(command)),
      [],
    );
  });

  it("has a picture for each step of the walkthrough, and links and events of commands and keys there are", () => {
    const keys = new Set<string>(Object.values(Context));
    const ours = new Set<string>([...Object.values(Command), ...Object.values(Start)]);
    const [walkthrough] = manifest.contributes.walkthroughs;
    assert.ok(walkthrough);
    for (const { title, description, media, completionEvents } of walkthrough.steps) {
      const picture = readFileSync(media.image);
      assert.equal(picture.toString("latin1", 1, 4), "PNG", media.image);
      assert.ok(media.altText.length > 0, title);
      assert.ok(completionEvents.length > 0, title);
      const said = `${description} ${completionEvents.join(" ")}`;
      for (const [, command = ""] of said.matchAll(/ommand:(daifu\.\w+)/g)) {
        assert.ok(ours.has(command), command);
      }
      for (const [key] of completionEvents.filter((each) => each.startsWith("onContext:")).join(" ").matchAll(/daifu\.\w+/g)) {
        assert.ok(keys.has(key), key);
      }
    }
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
