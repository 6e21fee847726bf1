import type { TokenFormat } from "./format.ts";

/** Keys without their PEM header: how the encoding of PKCS 1, PKCS 8, SEC 1 and OpenSSH begins. */
export const PRIVATE_KEY_FORMATS: readonly TokenFormat[] = [
  {
    id: "private-key-body",
    starts: ["IBAAKC"],
    back: 6,
    pattern: "MII[BCEJ][A-Za-z0-9+/]{2}IBAAKC[A-Za-z0-9+/]{40}",
  },
  {
    id: "private-key-body",
    starts: ["IBADANBgkqhkiG9w0BAQEFAASC"],
    back: 6,
    pattern: "MII[BCEJ][A-Za-z0-9+/]{2}IBADANBgkqhkiG9w0BAQEFAASC[A-Za-z0-9+/]{20}",
  },
  {
    id: "private-key-body",
    starts: [
      "MHcCAQEEI",
      "MIGkAgEBBD",
      "MIGHAgEAMBMGByqGSM49",
      "MIG2AgEAMBAGByqGSM49",
      "MC4CAQAwBQYDK2VwBCIEI",
    ],
    pattern:
      "(?:MHcCAQEEI|MIGkAgEBBD|MIGHAgEAMBMGByqGSM49|MIG2AgEAMBAGByqGSM49|MC4CAQAwBQYDK2VwBCIEI)[A-Za-z0-9+/]{40}",
  },
  {
    id: "private-key-body",
    starts: ["b3BlbnNzaC1rZXktdjE"],
    pattern: "b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{50}",
  },
];
