/** An error of a provider -> the trouble it is. By code first, by status next; by words only where providers give nothing else. */
import type { ModelTrouble } from "../../specs/mod.ts";
import type { Complaint } from "./envelope.ts";

/** Codes that say the same whatever the status. */
const BY_CODE: Readonly<Record<string, ModelTrouble>> = {
  insufficient_quota: "quota",
  insufficient_balance: "quota",
  insufficient_credits: "quota",
  credit_balance_exhausted: "quota",
  credit_balance_too_low: "quota",
  billing_error: "quota",
  billing_not_active: "quota",
  billing_hard_limit_reached: "quota",
  billing_disabled: "quota",
  payment_required: "quota",
  overloaded_error: "overloaded",
  engine_overloaded_error: "overloaded",
  slow_down: "overloaded",
  unavailable: "overloaded",
  context_length_exceeded: "context-window",
  context_window_exceeded: "context-window",
  string_above_max_length: "context-window",
  request_too_large: "context-window",
  exceed_context_size_error: "context-window",
  model_not_found: "unknown-model",
  content_policy_violation: "refusal",
  content_filter: "refusal",
  responsible_ai_policy_violation: "refusal",
  invalid_prompt: "refusal",
  bio_policy: "refusal",
  misalignment_policy_violation: "refusal",
  invalid_api_key: "auth",
  api_key_invalid: "auth",
  authentication_error: "auth",
  unauthenticated: "auth",
  permission_error: "auth",
  permission_denied: "auth",
};

/** Codes that stand for a status, in streams and in bodies that come with 200. */
const AS_STATUS: Readonly<Record<string, number>> = {
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  rate_limit_reached: 429,
  too_many_requests: 429,
  resource_exhausted: 429,
  tokens: 429,
  requests: 429,
  api_error: 500,
  server_error: 500,
  internal_server_error: 500,
  internal_error: 500,
  internal: 500,
  timeout_error: 504,
  deadline_exceeded: 504,
  not_found_error: 404,
  not_found: 404,
  invalid_request_error: 400,
  invalid_argument: 400,
  failed_precondition: 400,
  conflict_error: 409,
};

const MONEY =
  /credit balance|insufficient (?:funds|balance|quota|credits?)|(?:out of|no|not enough|more) credits|billing (?:hard )?limit|spend(?:ing)? limit|payment (?:is )?required|account is not active|requires? payment/i;
/** Google says this of limits for a minute, too; there a wait comes with it. */
const PLAN = /exceeded your current quota|check your plan and billing/i;
const WINDOW =
  /context[ _-]?(?:length|window|size)|maximum context|prompt is too long|too many (?:input )?tokens|input (?:is too long|token count|length)|exceeds? the (?:maximum|limit|model'?s?)[^.]{0,40}tokens|reduce the length/i;
const POLICY =
  /content (?:policy|filter|management)|safety (?:system|policy|reasons)|flagged as potentially violating|usage polic/i;
const MODEL_MISSING =
  /model[^.]{0,120}(?:not found|does not exist|not exist|is not supported|not available|not a valid model|unknown)|(?:no such|unknown|invalid|unsupported) model|^model: /i;
const KEY_WRONG =
  /api[ _-]?key (?:not valid|is invalid|not found|expired)|(?:invalid|incorrect|missing) (?:api[ _-]?key|x-api-key|authentication|bearer)/i;

/**
 * The trouble of an answer that is an error.
 *
 * @param status the HTTP status; undefined for an error in a stream, or in a body that came with 200
 * @param complaint what the body says, or undefined when it is no error of an API (a proxy's page)
 * @param waits whether the answer tells how long to wait: a limit that ends by itself is no lack of money
 */
export function troubleOf(
  status: number | undefined,
  complaint: Complaint | undefined,
  waits: boolean,
): ModelTrouble {
  const codes = complaint?.codes ?? [];
  for (const code of codes) {
    const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
    // 403 `permission_error` and the like may still be about money: the words are looked at first.
    if (known !== undefined && known !== "auth") return known;
    if (code.includes("spend_limit") || code.includes("billing")) return "quota";
  }
  const message = complaint?.message ?? "";
  const effective = status ?? complaint?.status ??
    codes.map((code) => Object.hasOwn(AS_STATUS, code) ? AS_STATUS[code] : undefined)
      .find((one) => one !== undefined);
  const isClient = effective !== undefined && effective >= 400 && effective < 500;
  if (isClient && (MONEY.test(message) || PLAN.test(message) && !waits)) return "quota";
  if (codes.some((code) => Object.hasOwn(BY_CODE, code) && BY_CODE[code] === "auth")) return "auth";
  switch (effective) {
    case undefined:
      return complaint === undefined ? "cut-stream" : "server";
    case 401:
      return "auth";
    case 402:
      return "quota";
    case 403:
      return POLICY.test(message) ? "refusal" : "auth";
    case 404:
      // Without an error of an API it is the address that does not exist.
      return complaint === undefined ? "unavailable" : "unknown-model";
    case 405:
    case 407:
      return "unavailable";
    case 408:
      return "timeout";
    case 409:
    case 423:
    case 425:
      return "server";
    case 413:
      return "context-window";
    case 429:
      return "rate";
    case 503:
    case 529:
      return "overloaded";
  }
  if (effective >= 500) return "server";
  if (effective < 400) return "unavailable";
  if (WINDOW.test(message)) return "context-window";
  if (KEY_WRONG.test(message)) return "auth";
  if (POLICY.test(message)) return "refusal";
  if (MODEL_MISSING.test(message)) return "unknown-model";
  return "invalid-request";
}
