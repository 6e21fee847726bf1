/** Why bubblewrap does not work on a machine, and what helps. */
import type { Problem } from "../../../specs/mod.ts";

const OTHERWISE = "or run without isolation: --sandbox none (evidence will say so)";

/** From what it printed when it was tried, or from the reason that it was not. */
export function explain(stderr: string, why: string): Problem {
  const problem = (message: string, remedy: string): Problem => ({
    code: "sandbox-unavailable",
    message: `Cannot use the bubblewrap sandbox: ${message}`,
    remedy: `${remedy}; ${OTHERWISE}`,
  });
  const said = stderr.trim().slice(0, 500);
  if (why === "not-linux") {
    return problem(
      `this is ${Deno.build.os}, and bubblewrap is for Linux`,
      "Use Linux (a virtual machine or a container will do)",
    );
  }
  if (why === "absent") {
    return problem(
      "`bwrap` is not installed",
      "Install it: apt-get install bubblewrap (Debian, Ubuntu), dnf install bubblewrap (Fedora), apk add bubblewrap (Alpine)",
    );
  }
  if (/proc on \/newroot|mount proc/i.test(stderr)) {
    return problem(
      `the kernel refuses a private /proc, as in an unprivileged container (${said})`,
      "Start the container with --security-opt systempaths=unconfined --security-opt seccomp=unconfined, or run on the host",
    );
  }
  if (/loopback|RTM_NEWADDR|uid map|namespace|permission|not permitted/i.test(stderr)) {
    return problem(
      `user namespaces are switched off or restricted (${said})`,
      "Allow them: sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1; on Ubuntu 24.04 and newer also " +
        "kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap",
    );
  }
  return problem(
    `a probe did not come back (${why}${said === "" ? "" : `: ${said}`})`,
    "Run `bwrap --unshare-all --ro-bind / / true` to see why",
  );
}
