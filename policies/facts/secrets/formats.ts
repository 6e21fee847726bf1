import { CLOUD_FORMATS } from "./formats/clouds.ts";
import { CODE_HOST_FORMATS } from "./formats/code_hosts.ts";
import { MESSAGE_FORMATS } from "./formats/messages.ts";
import { MODEL_FORMATS } from "./formats/models.ts";
import { OBSERVATION_FORMATS } from "./formats/observation.ts";
import { PAYMENT_FORMATS } from "./formats/payments.ts";
import { PRIVATE_KEY_FORMATS } from "./formats/private_keys.ts";
import { WORK_TOOL_FORMATS } from "./formats/work_tools.ts";
import type { TokenFormat } from "./formats/format.ts";

/** All formats. Where two begin alike, the one that stands first names the finding. */
export const FORMATS: readonly TokenFormat[] = [
  ...CLOUD_FORMATS,
  ...PRIVATE_KEY_FORMATS,
  ...CODE_HOST_FORMATS,
  ...MODEL_FORMATS,
  ...MESSAGE_FORMATS,
  ...PAYMENT_FORMATS,
  ...OBSERVATION_FORMATS,
  ...WORK_TOOL_FORMATS,
];
