/** The HTTP door: API, event streams and dashboard in front of a `Service`. */
export { type AppOptions, createApp } from "./app.ts";
export { serve, type ServeOptions } from "./serve.ts";
export {
  ALL_SCOPES,
  type KeyInfo,
  type KeyRing,
  keyRing,
  type Principal,
  Scope,
  type Session,
} from "./keyring.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { LOOPBACK_HOSTS } from "./origin.ts";
export { type Disk, type RepositoryRoot } from "./repository.ts";
export { type OpenApi, openApi } from "./openapi.ts";
export { type EdgeHandler, edgeHandler, type EdgeOptions } from "./edge.ts";
