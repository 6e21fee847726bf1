/** For tests of other folders. */
export { type BundleFamily, installation, sealed } from "./sealed_bundle.ts";
