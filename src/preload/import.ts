/**
 * What `--import sallyport/register` loads. The preload itself is CommonJS: given to `--import` as it is, Node 22 reads it with a
 * parser for its exports that takes 20 ms to start.
 */
process.getBuiltinModule("node:module").createRequire(import.meta.url)("./register.cjs");
