import { library, type Library } from "./built.js";

/** The variables that a user would set. Whatever else the environment holds plays no part. */
export type Variables = Readonly<Record<string, string>>;

export type Network = Awaited<ReturnType<Library["createNetwork"]>>;

/** A network as a program gets it, in an environment that holds nothing but these variables. */
export async function openNetwork(variables: Variables): Promise<Network> {
  const { createNetwork } = await library();
  return createNetwork({ source: { variables: { HOME: "/nonexistent", ...variables } } });
}
