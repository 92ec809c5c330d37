// What a program gives to `--require` for @babel/register, with the presets that it is written in.
require("@babel/register")({
  extensions: [".cts", ".ts"],
  presets: [
    [require.resolve("@babel/preset-env"), { targets: { node: "current" } }],
    require.resolve("@babel/preset-typescript"),
  ],
  cache: false,
  babelrc: false,
  configFile: false,
});
