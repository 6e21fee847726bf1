/** Models: what is known of them, and the ways to ask them. A surface of its own: commands about models load nothing else. */
export { builtInRegistry, checkedRegistry, findModel } from "./registry.ts";
export { type RegistryChange, type RegistryUpdate, updatedRegistry } from "./registry_update.ts";
export { modelProviders, type ModelProvidersOptions } from "./providers.ts";
export type { ModelEndpoint } from "./endpoint.ts";
