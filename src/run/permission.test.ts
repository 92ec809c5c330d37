import { describe, expect, test } from "vitest";
import { addOptions, findPermission, insertOptions, readRights } from "./permission.js";
import { readNodeOptions } from "../tools/index.js";

describe("a command that is to keep to --permission", () => {
  test.each([
    ["node --permission app.js", "command"],
    ["/opt/bin/node --experimental-permission app.js", "command"],
    ["node --experimental_permission app.js", "command"],
    ["node -r ./a.cjs --allow-fs-read /app --permission app.js", "command"],
    ["node -e 0 --permission", "command"],
    ["node app.js --permission", undefined],
    ["node -- app.js --permission", undefined],
    ["node --permission --allow-fs-read=* app.js", undefined],
    ["node --permission --allow-fs-read * app.js", undefined],
    ["node --permission-audit app.js", undefined],
    ["npx --permission app", undefined],
    ["", undefined],
  ])("%s", (command, place) => expect(findPermission(command.split(" "))).toBe(place));

  test.each([
    ["--permission", "variable"],
    ['"--experimental-permission"', "variable"],
    ["--permission --allow-fs-read=*", undefined],
    ["--title --permission-like", undefined],
  ])("every command, where NODE_OPTIONS says %s", (nodeOptions, place) => {
    expect(findPermission(["npm", "test"], nodeOptions)).toBe(place);
  });
});

test("rights are Node's own options, before those of the command and in the quoting of NODE_OPTIONS", () => {
  const rights = readRights(["/with space/*", 'C:\\a"b']);
  expect(insertOptions(["node", "--permission", "app.js"], rights)).toEqual([
    "node",
    ...rights,
    "--permission",
    "app.js",
  ]);
  expect(readNodeOptions(addOptions(rights, "--permission")).words).toEqual([...rights, "--permission"]);
});
