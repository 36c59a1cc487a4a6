import { spawnSync } from "node:child_process";

/** Runs a command and says whether it succeeded; what it prints is shown only when it fails and `isLoud`. */
export type Run = (command: readonly string[], isLoud: boolean) => boolean;

// The packages' own services are not wanted: the tests run the programs as child processes of theirs.
const environment = ["DEBIAN_FRONTEND=noninteractive", "SYSTEMD_OFFLINE=1"];

export const runCommand: Run = ([program = "", ...args], isLoud) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (status !== 0 && isLoud) process.stdout.write(`${stdout ?? ""}${stderr ?? ""}`);
  return status === 0;
};

/** What a command has to begin with to install packages, or undefined where this process may not. */
function installer(run: Run, isRoot: boolean): readonly string[] | undefined {
  if (!run(["apt-get", "--version"], false)) return undefined;
  if (isRoot) return ["env", ...environment];
  return run(["sudo", "-n", "true"], false) ? ["sudo", "-n", "env", ...environment] : undefined;
}

/**
 * Installs Debian packages where this process is root or may become it without a password; reads the lists of packages
 * anew when they are too old for that.
 *
 * @returns false where it may not, and when it failed.
 */
export function installPackages(
  names: readonly string[],
  run: Run = runCommand,
  isRoot: boolean = process.getuid?.() === 0,
): boolean {
  const prefix = installer(run, isRoot);
  if (prefix === undefined) return false;
  const install = [...prefix, "apt-get", "install", "-y", "--no-install-recommends", ...names];
  if (run(install, false)) return true;
  return run([...prefix, "apt-get", "update"], true) && run(install, true);
}
