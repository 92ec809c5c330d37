/** Java's own default for trust stores. It hides nothing: the file holds public certificates alone, and its MAC guards against damage. */
export const truststorePassword = "changeit";
