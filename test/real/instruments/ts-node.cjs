// ts-node with a compiler of its own, whatever project it is started in.
const compilerOptions = { module: "NodeNext", moduleResolution: "NodeNext" };
require("ts-node").register({
  transpileOnly: true,
  skipProject: true,
  compiler: require.resolve("typescript"),
  compilerOptions,
});
