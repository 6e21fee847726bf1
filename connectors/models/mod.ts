/** Models: what is known of them, and the ways to ask them. A surface of its own: commands about models load nothing else. */
export { builtInRegistry, checkedRegistry, findModel } from "./registry.ts";
export {
  overlaidRegistry,
  type RegistryChange,
  type RegistryUpdate,
  updatedRegistry,
} from "./registry_update.ts";
export { ownModel } from "./registry_own.ts";
export { baseUrlOf, ollamaUrl } from "./endpoint.ts";
export { modelProviders, type ModelProvidersOptions } from "./providers.ts";
export type { ModelEndpoint } from "./endpoint.ts";
export { type Cassette, cassetteOf, type CassetteOptions } from "./cassette/cassette.ts";
export { listener } from "./listener.ts";
export { limited, passable, type PassableRequest, wireRefusal } from "./passage.ts";
export { complaintOf } from "./envelope.ts";
export { troubleOf } from "./classify.ts";
export { retryAfterMs } from "./retry_after.ts";
