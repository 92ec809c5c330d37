/** What opens keys and stores that no setting names: for who looks into files. */
export { orderChain } from "./chain.js";
export { CostlyDerivationError } from "./effort.js";
export { openLegacyKey } from "./legacy-key.js";
export { UnsupportedCipherError } from "./pbe.js";
export { openPkcs12, WrongPasswordError } from "./pkcs12.js";
export { isEncrypted, isKeyBlock, keyRounds, openKey } from "./private-key.js";
